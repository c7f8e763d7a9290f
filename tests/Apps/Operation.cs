using System.Globalization;
using System.Text.Json;

namespace Pipeline.Tests.Apps;

/// <summary>One route of the API's document.</summary>
public sealed class Operation
{
    private readonly string[] segments;
    private readonly Dictionary<string, JsonElement> inPath;

    public Operation(string method, string path, JsonElement json)
    {
        (Method, Path, Json) = (method, path, json);
        segments = path.Split('/');
        inPath = Parameters("path");
        Query = Parameters("query");
    }

    public string Method { get; }

    public string Path { get; }

    public JsonElement Json { get; }

    /// <summary>The schemas of the query's parameters.</summary>
    public IReadOnlyDictionary<string, JsonElement> Query { get; }

    /// <summary>The schema of a JSON body, or null if it takes none that is read before it answers.</summary>
    public JsonElement? Body =>
        Json.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty("application/json", out var media)
        && !TakesManifest
            ? Contract.Schema.Resolve(media.GetProperty("schema"))
            : null;

    /// <summary>Whether its body is a manifest's file.</summary>
    public bool TakesManifest =>
        Json.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty("application/x-ndjson", out _);

    /// <summary>Whether its body is an image.</summary>
    public bool TakesImage =>
        Json.TryGetProperty("requestBody", out var body) && body.GetProperty("content").TryGetProperty("image/png", out _);

    /// <summary>Whether a refusal names each field that is wrong.</summary>
    public bool NamesWhatIsWrong => Contract.Schema.Resolve(Json.GetProperty("responses").GetProperty("400"))
        .GetProperty("content").TryGetProperty("application/problem+json", out _);

    /// <summary>The schemas of a JSON body's fields.</summary>
    public IReadOnlyDictionary<string, JsonElement> Fields =>
        Body?.GetProperty("properties").EnumerateObject().ToDictionary(one => one.Name, one => one.Value) ?? [];

    public IReadOnlyList<string> RequiredFields => Body is { } body && body.TryGetProperty("required", out var names)
        ? [.. names.EnumerateArray().Select(name => name.GetString()!)]
        : [];

    /// <summary>The more, the better it fits a path that others fit, too.</summary>
    public int Literals => segments.Count(segment => !IsParameter(segment));

    /// <summary>The scheme of the key that it needs, or null if anyone may call it.</summary>
    public string? Key => Json.TryGetProperty("security", out var security)
        ? security.EnumerateArray().SelectMany(scheme => scheme.EnumerateObject()).Select(scheme => scheme.Name).SingleOrDefault()
        : null;

    public bool Matches(string path)
    {
        var given = path.Split('/');
        return given.Length == segments.Length && segments.Zip(given).All(pair => IsParameter(pair.First)
            ? inPath[pair.First[1..^1]].GetProperty("type").GetString() != "integer"
                || long.TryParse(pair.Second, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            : pair.First == pair.Second);
    }

    public override string ToString() => $"{Method} {Path}";

    private static bool IsParameter(string segment) => segment.StartsWith('{');

    private Dictionary<string, JsonElement> Parameters(string place) => Json.TryGetProperty("parameters", out var parameters)
        ? parameters.EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() == place)
            .ToDictionary(parameter => parameter.GetProperty("name").GetString()!, parameter => parameter.GetProperty("schema"))
        : [];
}
