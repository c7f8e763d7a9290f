using System.Text.Json;

namespace Pipeline.Tests.Http;

/// <summary>The tests' own validator finds what is wrong, keyword by keyword.</summary>
public sealed class JsonSchemaTests
{
    private const string Point = """{"components":{"schemas":{"Point":{"type":"object","properties":{"x":{"type":"integer"}}}}}}""";

    [TestCase("""{"type":"string"}""", "\"a\"", "1")]
    [TestCase("""{"type":"integer"}""", "1", "1.5")]
    [TestCase("""{"type":"number"}""", "1.5", "\"1.5\"")]
    [TestCase("""{"type":"boolean"}""", "false", "null")]
    [TestCase("""{"type":"array"}""", "[]", "{}")]
    [TestCase("""{"type":["string","null"]}""", "null", "1")]
    [TestCase("""{"type":["string","null"],"minLength":1}""", "null", "\"\"")]
    [TestCase("""{"enum":["a",null]}""", "null", "\"b\"")]
    [TestCase("""{"minimum":1}""", "1", "0")]
    [TestCase("""{"maximum":9}""", "9", "10")]
    [TestCase("""{"minLength":1}""", "\"a\"", "\"\"")]
    [TestCase("""{"maxLength":2}""", "\"😀😀\"", "\"abc\"")]
    [TestCase("""{"pattern":"\\S"}""", "\"a\"", "\" \"")]
    [TestCase("""{"format":"date-time"}""", "\"2026-01-02T03:04:05.678Z\"", "\"2026-01-02T03:04:05\"")]
    [TestCase("""{"format":"date-time"}""", "\"2026-01-02T03:04:05+01:00\"", "\"2026-13-02T03:04:05Z\"")]
    [TestCase("""{"format":"uri"}""", "\"https://a.example/b\"", "\"/b\"")]
    [TestCase("""{"items":{"type":"string"}}""", "[\"a\"]", "[\"a\",1]")]
    [TestCase("""{"maxItems":1}""", "[1]", "[1,2]")]
    [TestCase("""{"minItems":1}""", "[1]", "[]")]
    [TestCase("""{"required":["x"]}""", "{\"x\":null}", "{\"y\":1}")]
    [TestCase("""{"properties":{"x":{"type":"string"}}}""", "{\"x\":\"a\",\"y\":1}", "{\"x\":1}")]
    [TestCase("""{"type":"object","properties":{"x":{}}}""", "{\"x\":1}", "{\"y\":1}")]
    [TestCase("""{"properties":{"x":{}},"additionalProperties":false}""", "{\"x\":1}", "{\"y\":1}")]
    [TestCase("""{"additionalProperties":{"type":"string"}}""", "{\"x\":\"a\"}", "{\"x\":1}")]
    [TestCase("""{"propertyNames":{"maxLength":1}}""", "{\"x\":1}", "{\"xy\":1}")]
    [TestCase("""{"maxProperties":1}""", "{\"x\":1}", "{\"x\":1,\"y\":1}")]
    [TestCase("""{"allOf":[{"minimum":1},{"maximum":9}]}""", "5", "10")]
    [TestCase("""{"anyOf":[{"type":"string"},{"type":"null"}]}""", "null", "1")]
    [TestCase("""{"oneOf":[{"minimum":1},{"maximum":9}]}""", "10", "5")]
    [TestCase("""{"$ref":"#/components/schemas/Point"}""", "{\"x\":1}", "{\"x\":\"a\"}")]
    [TestCase("""{"$ref":"#/components/schemas/Point"}""", "{\"x\":1}", "{\"z\":1}")]
    public void What_fits_is_right_and_what_does_not_is_told(string schema, string right, string wrong)
    {
        Assert.That(FaultsOf(right, schema), Is.Empty);
        Assert.That(FaultsOf(wrong, schema), Has.Exactly(1).Items);
    }

    [TestCase("""{"multipleOf":2}""", "1")]
    [TestCase("""{"multipleOf":2}""", "{}")]
    [TestCase("""{"contains":{}}""", "[]")]
    [TestCase("""{"contentEncoding":"base64"}""", "\"a\"")]
    [TestCase("""{"format":"uuid"}""", "\"a\"")]
    [TestCase("""{"type":"text"}""", "\"a\"")]
    public void What_it_does_not_know_is_not_passed_over(string schema, string value) =>
        Assert.Throws<NotSupportedException>(() => FaultsOf(value, schema));

    private static List<string> FaultsOf(string value, string schema) =>
        [.. new JsonSchema(JsonElement.Parse(Point)).FaultsOf(JsonElement.Parse(value), JsonElement.Parse(schema))];
}
