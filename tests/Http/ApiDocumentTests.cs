using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Local.Up;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using Pipeline.Http;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Http;

/// <summary>The API's document has all of the contract: routes, fields, statuses and problem codes.</summary>
public sealed partial class ApiDocumentTests
{
    private static readonly string Docs = File.ReadAllText(Checkout.PathTo("docs", "api.md"));

    [Test]
    public void It_is_OpenAPI_3_1_by_the_librarys_own_rules()
    {
        var read = OpenApiModelFactory.Parse(Contract.Document.GetRawText(), "json");

        Assert.That(read.Diagnostic!.SpecificationVersion, Is.EqualTo(OpenApiSpecVersion.OpenApi3_1));
        Assert.That(read.Diagnostic.Errors.Concat(read.Diagnostic.Warnings).Select(fault => fault.ToString()), Is.Empty);
        Assert.That(read.Document!.Validate(ValidationRuleSet.GetDefaultRuleSet()).Select(fault => fault.ToString()), Is.Empty);
    }

    [Test]
    public void Every_trigger_is_an_operation_and_every_operation_a_trigger()
    {
        var triggers =
            from type in typeof(Settings).Assembly.GetTypes()
            from function in type.GetMethods()
            from parameter in function.GetParameters()
            let trigger = parameter.GetCustomAttribute<HttpTriggerAttribute>()
            where trigger is not null && trigger.Route != "v1/{*path}"
            from method in trigger.Methods!
            select $"{method.ToUpperInvariant()} /{Constraint().Replace(trigger.Route!, "}")}";

        Assert.That(Contract.Operations.Select(operation => operation.ToString()), Is.EquivalentTo(triggers));
    }

    [Test]
    public void Every_route_of_the_docs_is_in_it_with_its_parameters()
    {
        var documented =
            from row in RouteRow().Matches(Docs)
            let parameters = QueryName().Matches(row.Groups[2].Value).Select(name => name.Groups[1].Value)
            select $"{row.Groups[1]} {string.Join(' ', parameters.Order())}";
        var operations = Contract.Operations.Select(operation => $"{operation} {string.Join(' ', operation.Query.Keys.Order())}");

        Assert.That(operations, Is.EquivalentTo(documented));
    }

    [Test]
    public void Every_problem_code_has_the_contracts_status_and_is_in_the_docs()
    {
        (int Status, string Codes)[] contract =
        [
            (400, "invalid_json invalid_request unknown_field"), (401, "unauthorized"), (402, "insufficient_credits"), (404, "not_found"),
            (409, "job_already_finished request_in_progress"), (413, "too_large"), (415, "unsupported_media_type"),
            (422, "idempotency_key_reused"), (429, "too_many_requests"), (500, "internal_error"),
            (503, "storage_unavailable upstream_unavailable"),
        ];
        var ours = Enum.GetValues<ProblemCode>().Select(code => $"{ProblemKindAttribute.Of(code).Status} {Json.Name(code)}").ToList();

        Assert.That(ours, Is.SubsetOf(contract.SelectMany(row => row.Codes.Split(' ').Select(code => $"{row.Status} {code}"))));
        Assert.That(ours, Is.EquivalentTo(TableAfter("## Problems").SelectMany(CodesOf)));
        Assert.That(EnumOf("Problem", "code"), Is.EquivalentTo(Enum.GetValues<ProblemCode>().Select(Json.Name)));
    }

    [Test]
    public void Every_problem_code_is_answered_by_some_route_under_its_status()
    {
        var answered =
            from operation in Contract.Operations
            from response in operation.Json.GetProperty("responses").EnumerateObject()
            let content = Contract.Schema.Resolve(response.Value).TryGetProperty("content", out var types) ? types : default
            where content.ValueKind == JsonValueKind.Object && content.TryGetProperty(Problem.ContentType, out _)
            let schema = content.GetProperty(Problem.ContentType).GetProperty("schema").GetProperty("allOf")[1]
            from code in schema.GetProperty("properties").GetProperty("code").GetProperty("enum").EnumerateArray()
            select $"{response.Name} {code}";

        Assert.That(
            answered.Distinct(),
            Is.EquivalentTo(Enum.GetValues<ProblemCode>().Select(code => $"{ProblemKindAttribute.Of(code).Status} {Json.Name(code)}")));
    }

    [TestCase("Job",
        "object id status custom_id manifest parent prompt model num image_size ref_images edit_of thinking search service_tier metadata "
        + "webhook_url start_before cancel_requested created_at started_at finished_at deleted_at attempts history images credits usd "
        + "official_usd error warnings")]
    [TestCase("Image", "index status url url_expires_at content_type bytes width height sha256 error")]
    [TestCase("JobCredits", "held captured released")]
    [TestCase("JobError", "code detail")]
    [TestCase("JobWarning", "code detail")]
    [TestCase("Credits", "available held spent granted version")]
    [TestCase("Problem", "type title status detail instance code trace_id retryable errors needed available")]
    [TestCase("FieldError", "pointer code detail")]
    public void Every_field_of_the_contract_is_in_it(string schema, string fields) =>
        Assert.That(PropertiesOf(schema), Is.EquivalentTo(fields.Split(' ')));

    [Test]
    public void What_a_job_may_have_and_be_is_as_in_the_docs()
    {
        // A synonym has no row of its own.
        Assert.That(
            PropertiesOf("JobFields").Except(["aspect_ratio"]),
            Is.EquivalentTo(TableAfter("## A job's fields").Select(cells => cells[0].Trim('`'))));
        Assert.That(EnumOf("JobError", "code"), Is.EquivalentTo(TableAfter("\n| `error.code`").Select(cells => cells[0].Trim('`'))));
        Assert.That(
            EnumOf("JobWarning", "code"),
            Is.EquivalentTo(TableAfter("\n| `warnings[].code`").Select(cells => cells[0].Trim('`')).Append("insufficient_credits")));
        Assert.That(
            EnumOf("Job", "status"),
            Is.EqualTo(new[] { "queued", "running", "succeeded", "partially_succeeded", "failed", "canceled", "expired" }));
    }

    // '401 / 404' stands before '`a` / `b`': the first status is that of what is before the first stroke, and so on.
    private static IEnumerable<string> CodesOf(string[] row) =>
        from pair in row[0].Split(" / ").Zip(row[1].Split(" / "))
        from code in Code().Matches(pair.Second.Split(", with")[0])
        select $"{pair.First} {code.Groups[1]}";

    /// <summary>The cells of the first table after some text, row by row.</summary>
    private static IEnumerable<string[]> TableAfter(string text) => Docs[Docs.IndexOf(text, StringComparison.Ordinal)..].Split('\n')
        .SkipWhile(line => !line.StartsWith("| ---", StringComparison.Ordinal)).Skip(1).TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries));

    private static JsonElement Properties(string schema) =>
        Contract.Document.GetProperty("components").GetProperty("schemas").GetProperty(schema).GetProperty("properties");

    private static IEnumerable<string> PropertiesOf(string schema) => Properties(schema).EnumerateObject().Select(field => field.Name);

    private static IEnumerable<string?> EnumOf(string schema, string property) =>
        Properties(schema).GetProperty(property).GetProperty("enum").EnumerateArray().Select(value => value.GetString());

    [GeneratedRegex(@":\w+}")]
    private static partial Regex Constraint();

    [GeneratedRegex(@"^\| `([A-Z]+ /v1[^`?]*)([^`]*)` \|", RegexOptions.Multiline)]
    private static partial Regex RouteRow();

    [GeneratedRegex(@"[?&](\w+)=")]
    private static partial Regex QueryName();

    [GeneratedRegex(@"`([a-z_]+)`")]
    private static partial Regex Code();
}
