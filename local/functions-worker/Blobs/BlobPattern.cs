using System.Text;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;

namespace Local.FunctionsWorker;

/// <summary>The trigger of a blob function.</summary>
/// <param name="Container">A literal name.</param>
/// <param name="Prefix">What all names that may match begin with, so that no others are listed.</param>
/// <param name="Name">Matches whole names; each parameter is a group.</param>
/// <param name="Path">As declared.</param>
/// <param name="Connection">The setting that has the connection string.</param>
internal sealed partial record BlobPattern(string Container, string Prefix, Regex Name, string Path, string? Connection)
    : Trigger("blobTrigger")
{
    private static readonly Type[] Bindable = [typeof(BlobClient), typeof(Stream), typeof(string), typeof(BinaryData)];

    public override IReadOnlyCollection<string> DataNames { get; } = [.. ParametersOf(Name), BlobEvent.PathName, BlobEvent.UriName];

    public static BlobPattern From(string function, BlobTriggerAttribute attribute, IConfiguration settings)
    {
        var path = Expressions.Resolve(attribute.BlobPath, function, settings);
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        var container = slash < 0 ? path : path[..slash];
        if (container.Length == 0 || container.Contains('{', StringComparison.Ordinal))
            throw RefusedException.Of(function, $"the blob path '{path}' must begin with the name of a container, without parameters.");
        var name = slash < 0 ? "{}" : path[(slash + 1)..];
        return new BlobPattern(container, LiteralPrefix(name), Compile(function, path, name), path, attribute.Connection);
    }

    /// <returns>The values of the parameters, or null where the name does not match.</returns>
    public IReadOnlyDictionary<string, string>? Match(string name)
    {
        var match = Name.Match(name);
        return match.Success ? ParametersOf(Name).ToDictionary(parameter => parameter, parameter => match.Groups[parameter].Value) : null;
    }

    public override bool CanBind(Type type) => Bindable.Contains(type);

    public override string Describe(string address, string routePrefix) => $"{Type} {Path}";

    private static IEnumerable<string> ParametersOf(Regex name) => name.GetGroupNames().Where(group => !char.IsAsciiDigit(group[0]));

    private static string LiteralPrefix(string name) => name.Split('{', 2)[0];

    /// <summary>
    /// Every parameter is a greedy <c>.*</c>, as on the real host: of <c>{account}/{name}</c>
    /// the account takes all but the last segment.
    /// </summary>
    private static Regex Compile(string function, string path, string name)
    {
        var pattern = new StringBuilder("^");
        var end = 0;
        foreach (Match parameter in Parameter().Matches(name))
        {
            pattern.Append(Regex.Escape(name[end..parameter.Index]));
            pattern.Append(parameter.Groups[1].Length == 0 ? ".*" : $"(?<{parameter.Groups[1].Value}>.*)");
            end = parameter.Index + parameter.Length;
        }

        pattern.Append(Regex.Escape(name[end..])).Append('$');
        try
        {
            return new Regex(pattern.ToString(), RegexOptions.CultureInvariant | RegexOptions.Singleline | RegexOptions.ExplicitCapture);
        }
        catch (ArgumentException e)
        {
            throw RefusedException.Of(function, $"the blob path '{path}' has a malformed parameter: {e.Message}", e);
        }
    }

    [GeneratedRegex("{([^{}]*)}")]
    private static partial Regex Parameter();
}
