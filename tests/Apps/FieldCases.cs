using System.Text.Json;

namespace Pipeline.Tests.Apps;

/// <summary>Values at and beside the limits that a schema sets, as JSON, and whether each fits.</summary>
internal static class FieldCases
{
    public static IEnumerable<(string Value, bool Fits)> Of(JsonElement schema)
    {
        var types = schema.GetProperty("type") is { ValueKind: JsonValueKind.Array } list
            ? list.EnumerateArray().Select(type => type.GetString()!).ToList()
            : [schema.GetProperty("type").GetString()!];
        var type = types.Single(type => type != "null");
        var isNullable = types.Contains("null");
        return OfType(type).Append(("null", isNullable)).Concat(schema.EnumerateObject().SelectMany(keyword => OfRule(keyword, schema)));
    }

    private static IEnumerable<(string Value, bool Fits)> OfType(string type) => type switch
    {
        "string" => [("[]", false), ("{}", false)],
        "integer" => [("\"x\"", false), ("1.5", false), ("{}", false)],
        "boolean" => [("true", true), ("false", true), ("\"x\"", false), ("1", false)],
        "array" => [("{}", false), ("\"x\"", false)],
        "object" => [("[]", false), ("\"x\"", false), ("{}", true)],
        _ => throw new NotSupportedException($"There are no cases of a field of type {type} yet: give some."),
    };

    private static IEnumerable<(string Value, bool Fits)> OfRule(JsonProperty keyword, JsonElement schema)
    {
        var rule = keyword.Value;
        return keyword.Name switch
        {
            "type" or "description" or "default" => [],
            "enum" =>
            [
                .. rule.EnumerateArray().Select(allowed => allowed.GetRawText()).Where(allowed => allowed != "null")
                    .Select(allowed => (allowed, true)),
                ("\"no such value\"", false),
            ],
            "minimum" => [(rule.GetRawText(), true), ($"{rule.GetDecimal() - 1}", false)],
            "maximum" => [(rule.GetRawText(), true), ($"{rule.GetDecimal() + 1}", false)],
            "minLength" => [(Text(rule.GetInt32()), true), (Text(rule.GetInt32() - 1), false)],
            "maxLength" => [(Text(rule.GetInt32()), true), (Text(rule.GetInt32() + 1), false)],
            "pattern" when rule.GetString() == @"\S" => [("\" \"", false)],
            "maxProperties" => [(Pairs(rule.GetInt32()), true), (Pairs(rule.GetInt32() + 1), false)],
            "propertyNames" =>
            [
                .. rule.EnumerateObject().SelectMany(name => OfRule(name, rule)).Select(name => ($"{{{name.Value}:\"x\"}}", name.Fits)),
            ],
            "additionalProperties" =>
            [
                .. OfType(rule.GetProperty("type").GetString()!).Concat(rule.EnumerateObject().SelectMany(of => OfRule(of, rule)))
                    .Select(value => ($"{{\"x\":{value.Value}}}", value.Fits)),
            ],
            _ => throw new NotSupportedException($"There are no cases of {keyword} of {schema} yet: give some."),
        };
    }

    private static string Text(int length) => $"\"{new string('x', length)}\"";

    private static string Pairs(int count) => JsonSerializer.Serialize(Enumerable.Range(0, count).ToDictionary(n => $"k{n}", _ => "x"));
}
