using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Local.FunctionsWorker;

/// <summary>A section of <c>host.json</c> whose values are read with their bounds, and refused with their path.</summary>
internal sealed record HostJsonSection(IConfiguration Values, string Path, string File)
{
    public IEnumerable<string> Names => Values.GetChildren().Select(child => child.Key);

    public HostJsonSection Section(string name) => new(Values.GetSection(name), PathOf(name), File);

    public void AllowOnly(params IReadOnlyList<string> known)
    {
        foreach (var name in Names)
        {
            if (!known.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw new RefusedException($"{File}: {PathOf(name)}: the host knows no such setting, only {string.Join(", ", known)}");
        }
    }

    public string Text(string name, string fallback) => Raw(name) ?? fallback;

    public int Number(string name, int fallback, int min, int max)
    {
        if (Raw(name) is not { } text) return fallback;
        var isNumber = int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number);
        var inRange = isNumber && number >= min && number <= max;
        return inRange ? number : throw Expected(name, max == int.MaxValue ? $"at least {min}" : $"{min} to {max}", text);
    }

    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        if (Raw(name) is not { } text) return fallback;
        var inRange = TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var duration) && duration >= min && duration <= max;
        return inRange ? duration : throw Expected(name, $"a duration hh:mm:ss, {min} to {max}", text);
    }

    public string OneOf(string name, IReadOnlyList<string> choices, string fallback)
    {
        var text = Raw(name) ?? fallback;
        return choices.Contains(text, StringComparer.OrdinalIgnoreCase) ? text : throw Expected(name, string.Join(" or ", choices), text);
    }

    public RefusedException Expected(string name, string expected, string got) =>
        new($"{File}: {PathOf(name)}: expected {expected}, got {(got.Length == 0 ? "nothing" : got)}");

    private string? Raw(string name)
    {
        var value = Values.GetSection(name);
        return value.GetChildren().Any() ? throw Expected(name, "a single value", "an object or an array") : value.Value;
    }

    private string PathOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";
}
