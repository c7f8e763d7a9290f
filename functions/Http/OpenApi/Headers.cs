using System.Collections.Frozen;
using System.Globalization;
using Microsoft.OpenApi;

namespace Pipeline.Http.OpenApi;

/// <summary>The headers of the contract: each means the same wherever it is sent.</summary>
internal static class Headers
{
    private static readonly FrozenDictionary<string, (string Description, OpenApiSchema Schema)> All =
        new Dictionary<string, (string, OpenApiSchema)>(StringComparer.OrdinalIgnoreCase)
        {
            ["Cache-Control"] = ("How long the answer may be kept.", Text()),
            ["Content-Disposition"] = ("The name of the file, for those who save it.", Text()),
            ["ETag"] = ("The answer's version.", Text()),
            ["Idempotency-Key"] = ("Makes the request safe to repeat for 24 hours: the same one again is answered again, not done again.",
                new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = 255 }),
            ["Idempotent-Replayed"] = ("The same request was answered before; nothing was done again.", OneOf("true")),
            ["If-None-Match"] = ("The ETag of an earlier answer: if it is still the same, the answer is 304 without a body.", Text()),
            ["Location"] = ("Where to look next.", Text("uri")),
            ["Operation-Location"] = ("Where to poll.", Text("uri")),
            ["Prefer"] = ("wait=N: holds the answer until the job is done, or for N seconds, 1 to 60.", Text()),
            ["Preference-Applied"] = ("The part of Prefer that was heeded.", Text()),
            ["Retry-After"] = ("After how many seconds to ask again.", Whole(1)),
            ["WWW-Authenticate"] = ("The scheme of the key.", OneOf("Bearer")),
        }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>As an answer has it.</summary>
    public static OpenApiHeader Answered(string name, bool always)
    {
        var (description, schema) = Find(name);
        return new OpenApiHeader { Description = description, Required = always, Schema = schema };
    }

    /// <summary>As a request has it.</summary>
    public static OpenApiParameter Asked(string name)
    {
        var (description, schema) = Find(name);
        return new OpenApiParameter { Name = name, In = ParameterLocation.Header, Description = description, Schema = schema };
    }

    private static (string Description, OpenApiSchema Schema) Find(string name) =>
        All.TryGetValue(name, out var header)
            ? header
            : throw new InvalidOperationException($"The header '{name}' is not among those of Http/OpenApi/Headers.cs: explain it there.");

    private static OpenApiSchema Text(string? format = null) => new() { Type = JsonSchemaType.String, Format = format };

    private static OpenApiSchema Whole(int min) => new()
    {
        Type = JsonSchemaType.Integer,
        Minimum = min.ToString(CultureInfo.InvariantCulture),
    };

    private static OpenApiSchema OneOf(string value) => new() { Type = JsonSchemaType.String, Enum = [value] };
}
