using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pipeline.Tests.Apps;

/// <summary>Values to try a field with, as JSON: some of each type, and what is at each limit of its schema and one beyond.</summary>
internal static class FieldCases
{
    private static readonly string[] OfAnyType = ["null", "true", "1", "1.5", "[]", "{}"];
    private static readonly string[] Texts = ["\"\"", "\" \"", "\"x\""];

    public static IEnumerable<string> Of(JsonElement schema) =>
        OfAnyType.Concat(IsName(schema) ? [] : Texts).Concat(schema.EnumerateObject().SelectMany(rule => OfRule(rule, schema))).Distinct();

    /// <summary>Those that can stand in a query.</summary>
    public static IEnumerable<string> InQuery(JsonElement schema) =>
        IsName(schema) ? [] : Of(schema).Where(value => value[0] is not ('[' or '{' or 'n')).Select(value => value.Trim('"'));

    /// <summary>A text without any rule names something that is there or not, as a cursor does: that is more than its form.</summary>
    public static bool IsName(JsonElement schema) =>
        schema.TryGetProperty("type", out _) && TypesOf(schema).Contains("string")
        && !schema.EnumerateObject().Any(rule => rule.Name is "enum" or "format" or "pattern" or "minLength" or "maxLength");

    /// <summary>A value that fits.</summary>
    public static JsonNode? Example(JsonElement schema)
    {
        if (schema.TryGetProperty("examples", out var examples)) return Node(examples[0]);
        if (schema.TryGetProperty("enum", out var allowed)) return Node(allowed[0]);
        if (schema.TryGetProperty("anyOf", out var choices)) return Example(choices[0]);
        return TypesOf(schema).First(type => type != "null") switch
        {
            "string" when schema.TryGetProperty("format", out var format) && format.GetString() == "date-time" => "2026-01-31T09:30:00Z",
            "string" => "example",
            "integer" => Node(schema.GetProperty("minimum")),
            "object" => ExampleObject(schema),
            var type => throw new NotSupportedException($"There is no example of {type} yet: give one."),
        };
    }

    private static IEnumerable<string> OfRule(JsonProperty keyword, JsonElement schema)
    {
        var rule = keyword.Value;
        return keyword.Name switch
        {
            "type" or "description" or "default" or "pattern" or "required" => [],
            "format" when rule.GetString() == "date-time" =>
                ["\"2026-01-31T09:30:00Z\"", "\"2026-01-31T10:30:00+01:00\"", "\"2026-01-31\""],
            "format" when rule.GetString() == "date" => ["\"2026-01-31\"", "\"2026-02-30\"", "\"2026-01-31T09:30:00Z\""],
            "enum" or "examples" => rule.EnumerateArray().Select(value => value.GetRawText()),
            "anyOf" => rule.EnumerateArray().SelectMany(Of),
            "minimum" or "maximum" => Around(rule).Select(number => $"{number}"),
            "minLength" or "maxLength" => Around(rule).Select(length => Text((int)length, schema)),
            "items" => Of(rule).Select(item => $"[{item}]"),
            "minItems" or "maxItems" => Around(rule).Select(count => Array((int)count, schema.GetProperty("items"))),
            "properties" => OfProperties(rule, schema),
            "maxProperties" => Around(rule).Select(count => Pairs((int)count)),
            "propertyNames" => rule.EnumerateObject().SelectMany(name => OfRule(name, rule)).Select(name => $"{{{name}:\"x\"}}"),
            "additionalProperties" when rule.ValueKind == JsonValueKind.Object => Of(rule).Select(value => $"{{\"x\":{value}}}"),
            "additionalProperties" => [],
            _ => throw new NotSupportedException($"There are no cases of {keyword} yet: give some."),
        };
    }

    /// <summary>An object with each of its fields in turn as it should and should not be, left out, and one too many.</summary>
    private static IEnumerable<string> OfProperties(JsonElement properties, JsonElement schema)
    {
        foreach (var property in properties.EnumerateObject())
        {
            yield return With(property.Name, null, isThere: false);
            foreach (var value in Of(property.Value)) yield return With(property.Name, JsonNode.Parse(value), isThere: true);
        }

        yield return With("no_such_field", 1, isThere: true);

        string With(string name, JsonNode? value, bool isThere)
        {
            var changed = ExampleObject(schema);
            changed.Remove(name);
            if (isThere) changed.Add(name, value);
            return changed.ToJsonString();
        }
    }

    private static JsonObject ExampleObject(JsonElement schema) => new(
        schema.GetProperty("required").EnumerateArray().Select(name => name.GetString()!)
            .Select(name => KeyValuePair.Create(name, Example(schema.GetProperty("properties").GetProperty(name)))));

    private static IEnumerable<string> TypesOf(JsonElement schema) => schema.GetProperty("type") is { ValueKind: JsonValueKind.Array } types
        ? types.EnumerateArray().Select(type => type.GetString()!)
        : [schema.GetProperty("type").GetString()!];

    private static IEnumerable<decimal> Around(JsonElement limit) => [limit.GetDecimal() - 1, limit.GetDecimal(), limit.GetDecimal() + 1];

    private static string Text(int length, JsonElement schema)
    {
        var start = schema.TryGetProperty("examples", out var examples) ? examples[0].GetString()! : "";
        return JsonSerializer.Serialize(start.PadRight(length, 'x')[..length]);
    }

    private static string Array(int count, JsonElement items) =>
        new JsonArray([.. Enumerable.Range(0, count).Select(_ => Example(items))]).ToJsonString();

    private static string Pairs(int count) => JsonSerializer.Serialize(Enumerable.Range(0, count).ToDictionary(n => $"k{n}", _ => "x"));

    private static JsonNode? Node(JsonElement value) => JsonNode.Parse(value.GetRawText());
}
