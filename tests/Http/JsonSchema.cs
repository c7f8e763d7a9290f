using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pipeline.Tests.Http;

/// <summary>Holds JSON against the schemas of an OpenAPI document, as JSON Schema 2020-12 means them.</summary>
/// <remarks>
/// It knows the keywords that our document has. Another one is an error, so that nothing is passed over. A record of an answer may have no
/// field that it does not declare: the document itself is silent on that, since clients must take fields that are new to them.
/// </remarks>
internal sealed partial class JsonSchema(JsonElement document)
{
    // A keyword says nothing of values of another type than its own.
    private static readonly string[] Numbers = ["minimum", "maximum"];
    private static readonly string[] Texts = ["minLength", "maxLength", "pattern", "format"];
    private static readonly string[] Arrays = ["items", "minItems", "maxItems"];
    private static readonly string[] Objects = ["required", "properties", "additionalProperties", "propertyNames", "maxProperties"];

    /// <summary>All that is wrong, each with the JSON pointer where it is.</summary>
    public IEnumerable<string> FaultsOf(JsonElement value, JsonElement schema, string at = "") =>
        schema.EnumerateObject().SelectMany(keyword => FaultsOf(value, schema, keyword, at));

    /// <summary>What <c>#/components/…</c> refers to.</summary>
    public JsonElement Resolve(JsonElement schema) => schema.TryGetProperty("$ref", out var reference)
        ? reference.GetString()!.Split('/').Skip(1).Aggregate(document, (found, name) => found.GetProperty(name))
        : schema;

    private IEnumerable<string> FaultsOf(JsonElement value, JsonElement schema, JsonProperty keyword, string at)
    {
        var rule = keyword.Value;
        switch (keyword.Name)
        {
            case "description" or "default" or "examples":
                return [];
            case "$ref":
                return FaultsOf(value, Resolve(schema), at);
            case "allOf":
                return rule.EnumerateArray().SelectMany(choice => FaultsOf(value, choice, at));
            case "anyOf":
                return Unless(rule.EnumerateArray().Any(choice => !FaultsOf(value, choice, at).Any()), $"fits none of {rule}");
            case "oneOf":
                return Unless(rule.EnumerateArray().Count(choice => !FaultsOf(value, choice, at).Any()) == 1, $"fits not one of {rule}");
            case "type":
                return Unless(Types(rule).Any(type => IsA(value, type)), $"is not of type {rule}");
            case "enum":
                return Unless(rule.EnumerateArray().Any(allowed => JsonElement.DeepEquals(allowed, value)), $"is none of {rule}");
            default:
                return value.ValueKind switch
                {
                    JsonValueKind.Object => FaultsOfObject(value, schema, keyword, at),
                    JsonValueKind.Array => FaultsOfArray(value, keyword, at),
                    JsonValueKind.String => FaultsOfText(value.GetString()!, keyword, at),
                    JsonValueKind.Number => FaultsOfNumber(value.GetDecimal(), keyword, at),
                    _ => [],
                };
        }

        IEnumerable<string> Unless(bool isRight, string fault) => isRight ? [] : [$"{at}: {Short(value)} {fault}"];
    }

    private IEnumerable<string> FaultsOfObject(JsonElement value, JsonElement schema, JsonProperty keyword, string at)
    {
        var rule = keyword.Value;
        switch (keyword.Name)
        {
            case "required":
                return rule.EnumerateArray().Select(name => name.GetString()!)
                    .Where(name => !value.TryGetProperty(name, out _)).Select(name => $"{at}: '{name}' is missing");
            case "properties":
                var isWhole = schema.TryGetProperty("type", out _) && !schema.TryGetProperty("additionalProperties", out _);
                return value.EnumerateObject().SelectMany(field =>
                    rule.TryGetProperty(field.Name, out var known) ? FaultsOf(field.Value, known, $"{at}/{field.Name}")
                    : isWhole ? [$"{at}: '{field.Name}' is not declared"]
                    : []);
            case "additionalProperties":
                var others = value.EnumerateObject()
                    .Where(field => !schema.TryGetProperty("properties", out var known) || !known.TryGetProperty(field.Name, out _));
                return others.SelectMany(field => rule.ValueKind == JsonValueKind.False
                    ? [$"{at}: '{field.Name}' is not allowed"]
                    : FaultsOf(field.Value, rule, $"{at}/{field.Name}"));
            case "propertyNames":
                return value.EnumerateObject()
                    .SelectMany(field => rule.EnumerateObject().SelectMany(name => FaultsOfText(field.Name, name, at)));
            case "maxProperties":
                return value.GetPropertyCount() <= rule.GetInt32() ? [] : [$"{at}: more than {rule} properties"];
            default:
                return IsOf(keyword, Numbers, Texts, Arrays) ? [] : throw Unknown(keyword);
        }
    }

    private IEnumerable<string> FaultsOfArray(JsonElement value, JsonProperty keyword, string at) => keyword.Name switch
    {
        "items" => value.EnumerateArray().SelectMany((item, index) => FaultsOf(item, keyword.Value, $"{at}/{index}")),
        "minItems" => value.GetArrayLength() >= keyword.Value.GetInt32() ? [] : [$"{at}: fewer than {keyword.Value} items"],
        "maxItems" => value.GetArrayLength() <= keyword.Value.GetInt32() ? [] : [$"{at}: more than {keyword.Value} items"],
        _ => IsOf(keyword, Numbers, Texts, Objects) ? [] : throw Unknown(keyword),
    };

    private static IEnumerable<string> FaultsOfText(string text, JsonProperty keyword, string at)
    {
        var rule = keyword.Value;
        var isRight = keyword.Name switch
        {
            // Counted as Unicode code points.
            "minLength" => text.EnumerateRunes().Count() >= rule.GetInt32(),
            "maxLength" => text.EnumerateRunes().Count() <= rule.GetInt32(),
            "pattern" => Regex.IsMatch(text, rule.GetString()!),
            "format" => HasFormat(text, rule.GetString()!),
            _ => IsOf(keyword, Numbers, Arrays, Objects) ? true : throw Unknown(keyword),
        };
        return isRight ? [] : [$"{at}: '{text}' breaks {keyword.Name} {rule}"];
    }

    private static IEnumerable<string> FaultsOfNumber(decimal number, JsonProperty keyword, string at)
    {
        var isRight = keyword.Name switch
        {
            "minimum" => number >= keyword.Value.GetDecimal(),
            "maximum" => number <= keyword.Value.GetDecimal(),
            _ => IsOf(keyword, Texts, Arrays, Objects) ? true : throw Unknown(keyword),
        };
        return isRight ? [] : [$"{at}: {number} breaks {keyword.Name} {keyword.Value}"];
    }

    private static bool IsOf(JsonProperty keyword, params string[][] types) => types.Any(names => names.Contains(keyword.Name));

    private static NotSupportedException Unknown(JsonProperty keyword) =>
        new($"'{keyword.Name}' is a keyword that this validator does not know: teach it.");

    private static IEnumerable<string> Types(JsonElement rule) =>
        rule.ValueKind == JsonValueKind.Array ? rule.EnumerateArray().Select(type => type.GetString()!) : [rule.GetString()!];

    private static bool IsA(JsonElement value, string type) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && decimal.IsInteger(value.GetDecimal()),
        _ => throw new NotSupportedException($"'{type}' is no type."),
    };

    private static bool HasFormat(string text, string format) => format switch
    {
        "date-time" => DateAndTime().IsMatch(text) && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
        "date" => DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
        "uri" => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https",
        _ => throw new NotSupportedException($"'{format}' is a format that this validator does not know: teach it."),
    };

    private static string Short(JsonElement value) =>
        value.GetRawText() is { Length: > 200 } text ? text[..200] + "…" : value.GetRawText();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")]
    private static partial Regex DateAndTime();
}
