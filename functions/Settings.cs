using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.Configuration;

namespace Pipeline;

/// <summary>Reads settings and notes what is wrong with them, each by its full name and with what is expected instead.</summary>
/// <remarks>
/// Names are as environment variables have them, <c>Jobs__AttemptsMax</c>. A setting that no option reads is a fault, too: a mistyped
/// name must not silently leave a default in force.
/// </remarks>
public sealed class Settings(IConfiguration configuration)
{
    /// <summary>What Azure leaves as it is where it cannot put the secret in its place.</summary>
    private const string KeyVaultReference = "@Microsoft.KeyVault(";

    private readonly List<string> faults = [];

    /// <summary>One sentence for each setting that is missing or malformed; if there are any, the app must not start.</summary>
    public IReadOnlyList<string> Faults => faults;

    public void Refuse(string name, string expected, string? given) =>
        faults.Add(given is null
            ? $"Setting {name} is missing: expected {expected}."
            : $"Setting {name}: expected {expected}, got '{given}'.");

    /// <summary>An options object from one section: each property is one setting.</summary>
    public T Read<T>(string section)
        where T : class, new()
    {
        var options = new T();
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance);
        foreach (var property in properties)
        {
            var name = $"{section}__{property.Name}";
            var given = configuration[$"{section}:{property.Name}"];
            if (given?.StartsWith(KeyVaultReference, StringComparison.OrdinalIgnoreCase) is true)
            {
                // It would be taken for the secret itself, and sent to whom that is for.
                faults.Add($"Setting {name} is a reference to a key vault that Azure could not resolve: "
                    + "look at it under the app's environment variables, and at the identity's role.");
                continue;
            }

            if (!string.IsNullOrEmpty(given))
            {
                if (Convert(property, given) is { } value) property.SetValue(options, value);
                else Refuse(name, Expected(property), Shown(property, given));
            }

            if (!Holds(property, options)) Refuse(name, Expected(property), string.IsNullOrEmpty(given) ? null : Shown(property, given));
        }

        foreach (var child in configuration.GetSection(section).GetChildren())
        {
            if (!properties.Any(property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)))
                faults.Add($"Setting {section}__{child.Key} is none of this app's: "
                    + $"those of {section} are {string.Join(", ", properties.Select(property => property.Name))}.");
        }

        return options;
    }

    private bool Holds(PropertyInfo property, object options) =>
        !faults.Any(fault => fault.Contains($"__{property.Name}:", StringComparison.Ordinal))
            ? property.GetCustomAttributes<ValidationAttribute>().All(rule => rule.IsValid(property.GetValue(options)))
                && (property.GetValue(options) is not Uri url || IsAllowed(url))
            : true;

    private static object? Convert(PropertyInfo property, string text) => property.PropertyType switch
    {
        var type when type == typeof(string) => text,
        var type when type == typeof(int) =>
            int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null,
        var type when type == typeof(long) =>
            long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null,
        var type when type == typeof(double) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null,
        var type when type == typeof(TimeSpan) =>
            TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var value) ? value : null,
        var type when type == typeof(Uri) => Uri.TryCreate(text, UriKind.Absolute, out var value) ? value : null,
        var type when type == typeof(bool) => bool.TryParse(text, out var value) ? value : null,
        { IsEnum: true } type => Enum.GetValues(type).Cast<object>()
            .FirstOrDefault(value => text.Equals(value.ToString(), StringComparison.OrdinalIgnoreCase)),
        var type => throw new NotSupportedException($"No setting is of type {type}."),
    };

    // In the clear only on this machine.
    private static bool IsAllowed(Uri url) => url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback);

    private static string Expected(PropertyInfo property)
    {
        var range = property.GetCustomAttribute<RangeAttribute>();
        var length = property.GetCustomAttribute<StringLengthAttribute>();
        return property.PropertyType switch
        {
            var type when type == typeof(bool) => "true or false",
            var type when type == typeof(Uri) => "an https:// address, or an http:// one of this machine",
            var type when type == typeof(TimeSpan) => $"a time as [d.]hh:mm:ss from {range?.Minimum} to {range?.Maximum}",
            var type when type == typeof(string) => $"a text of {length?.MinimumLength} to {length?.MaximumLength} characters",
            var type when type == typeof(double) => string.Create(
                CultureInfo.InvariantCulture, $"a number from {range?.Minimum} to {range?.Maximum}"),
            { IsEnum: true } type => $"one of {string.Join(", ", Enum.GetNames(type)).ToLowerInvariant()}",
            _ => $"a whole number from {range?.Minimum} to {range?.Maximum}",
        };
    }

    // A key is never printed, not even one that is wrong.
    private static string Shown(PropertyInfo property, string given) =>
        property.Name.EndsWith("Key", StringComparison.Ordinal) ? "…" : given;
}
