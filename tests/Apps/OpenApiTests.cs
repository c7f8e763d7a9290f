using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pipeline.Tests.Apps;

/// <summary>The document that the app serves, and that the app does what it says: route by route and rule by rule.</summary>
/// <remarks>Routes that are added later are tested by being in the document. <see cref="App.Send"/> holds each answer against it.</remarks>
public sealed partial class OpenApiTests
{
    private static readonly IReadOnlyList<Operation> Operations = Contract.Operations;

    private App app = null!;
    private Account account = null!;

    /// <summary>What path parameters stand for, by the segment before them.</summary>
    private Dictionary<string, string> there = [];

    [OneTimeSetUp]
    public async Task Start()
    {
        app = await App.Start();
        account = await app.NewAccount(credits: 1000);
        await account.Drop("one.json", """[{ "prompt": "A cat on a mat" }]""");
        there = new()
        {
            ["jobs"] = (await account.Run(new { prompt = "A cat on a mat" })).GetProperty("id").GetString()!,
            ["images"] = "0",
            ["manifests"] = (await account.Manifest("completed")).GetProperty("id").GetString()!,
            ["accounts"] = account.Id,
        };
    }

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task It_is_served_to_anyone_and_again_only_if_it_has_changed()
    {
        using var first = await app.Send(new HttpRequestMessage(HttpMethod.Get, "v1/openapi.json"));
        using var again = new HttpRequestMessage(HttpMethod.Get, "v1/openapi.json") { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        using var second = await app.Send(again);

        Assert.That(await first.Content.ReadAsStringAsync(), Is.EqualTo(Contract.Document.GetRawText()));
        Assert.That(first.Headers.CacheControl?.MaxAge, Is.EqualTo(TimeSpan.FromMinutes(5)));
        Assert.That(second.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
    }

    [TestCaseSource(nameof(Operations))]
    public async Task A_route_answers_what_it_says(Operation operation)
    {
        using var answer = await Call(operation, operation.Body is null ? null : Example(operation));

        // 409: it is not in the state for it, which is an answer, too.
        Assert.That((int)answer.StatusCode, Is.LessThan(400).Or.EqualTo(409), await answer.Content.ReadAsStringAsync());
    }

    [TestCaseSource(nameof(Operations))]
    public async Task A_route_is_closed_without_its_key_unless_it_is_open_to_all(Operation operation)
    {
        using var keyless = await app.Send(new HttpRequestMessage(new HttpMethod(operation.Method), PathTo(operation)));
        using var wrongKey = await app.Send(
            new HttpRequestMessage(new HttpMethod(operation.Method), PathTo(operation)),
            operation.Key == "functions_key" ? account.ApiKey : "nb_" + new string('0', 48));

        var expected = operation.Key is null ? HttpStatusCode.OK : HttpStatusCode.Unauthorized;
        Assert.That((keyless.StatusCode, wrongKey.StatusCode), Is.EqualTo((expected, expected)));
    }

    [TestCaseSource(nameof(Operations))]
    public async Task The_fields_of_a_request_are_those_that_are_read(Operation operation)
    {
        if (operation.Body is not null)
            Assert.That(operation.Fields.Keys, Is.EquivalentTo(await FieldsRead(await Call(operation, """{"no_such_field":1}"""))));
        if (operation.Query.Count > 0)
            Assert.That(operation.Query.Keys, Is.EquivalentTo(await FieldsRead(await Call(operation, null, "?no_such_field=1"))));
    }

    [TestCaseSource(nameof(Operations))]
    public async Task A_rule_of_a_request_is_one_that_is_kept_and_kept_exactly(Operation operation)
    {
        foreach (var (name, schema) in operation.Fields)
        {
            var isRequired = operation.RequiredFields.Contains(name);
            Assert.That(await IsRefused(operation, "{", "/" + name), Is.EqualTo(isRequired), $"refused without {name}");
            foreach (var (value, fits) in FieldCases.Of(schema))
            {
                var isRefused = await IsRefused(operation, $"{{\"{name}\":{value},", "/" + name);
                Assert.That(isRefused, Is.EqualTo(!fits), $"refused with {name}: {value}");
            }
        }

        foreach (var (name, schema) in operation.Query)
        {
            foreach (var (value, fits) in FieldCases.Of(schema).Where(field => field.Value[0] is not ('[' or '{' or 'n')))
            {
                var query = $"?{name}={Uri.EscapeDataString(value.Trim('"'))}&no_such_field=1";
                var problem = await (await Call(operation, null, query)).Content.ReadFromJsonAsync<JsonElement>();
                Assert.That(Pointers(problem).Contains("?" + name), Is.EqualTo(!fits), $"refused with {query}");
            }
        }
    }

    [Test]
    public async Task What_a_job_leaves_out_has_the_default_that_the_document_says()
    {
        var job = await account.Job(there["jobs"]);
        var fields = Contract.Document.GetProperty("components").GetProperty("schemas").GetProperty("JobFields").GetProperty("properties");
        foreach (var field in fields.EnumerateObject().Where(field => field.Value.TryGetProperty("default", out _)))
            Assert.That(job.GetProperty(field.Name).ToString(), Is.EqualTo(field.Value.GetProperty("default").ToString()), field.Name);
    }

    /// <summary>A field too many keeps the request from being taken, whatever else is in it.</summary>
    private async Task<bool> IsRefused(Operation operation, string start, string pointer)
    {
        using var answer = await Call(operation, start + "\"no_such_field\":1}");
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.That((int)answer.StatusCode, Is.EqualTo(400), problem.ToString());
        return Pointers(problem).Any(found => found == pointer || found!.StartsWith(pointer + "/", StringComparison.Ordinal));
    }

    private static List<string?> Pointers(JsonElement problem) =>
        [.. problem.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString())];

    private static async Task<string[]> FieldsRead(HttpResponseMessage answer)
    {
        var told = FieldsTold().Match(await answer.Content.ReadAsStringAsync());
        Assert.That(told.Success, Is.True, $"{answer}");
        return told.Groups[1].Value.Split(", ");
    }

    private Task<HttpResponseMessage> Call(Operation operation, string? body, string query = "")
    {
        var request = new HttpRequestMessage(new HttpMethod(operation.Method), PathTo(operation) + query);
        if (body is not null) request.Content = new StringContent(body, new MediaTypeHeaderValue("application/json"));
        if (operation.Key == "functions_key") request.Headers.Add("x-functions-key", App.OperatorKey);
        return app.Send(request, operation.Key == "bearer" ? account.ApiKey : null);
    }

    private string PathTo(Operation operation) =>
        PathParameter().Replace(operation.Path, match => $"{match.Groups[1]}/{there[match.Groups[1].Value]}");

    private static string Example(Operation operation) =>
        JsonSerializer.Serialize(operation.RequiredFields.ToDictionary(name => name, name => ExampleOf(operation.Fields[name])));

    private static object ExampleOf(JsonElement schema) => schema.GetProperty("type").GetString() switch
    {
        "string" => schema.TryGetProperty("enum", out var allowed) ? allowed[0] : "example",
        "integer" => schema.GetProperty("minimum"),
        var type => throw new NotSupportedException($"There is no example of a required {type} yet: give one."),
    };

    [GeneratedRegex(@"'no_such_field' is not a (?:field|parameter) here; those are ([^.]+)\.")]
    private static partial Regex FieldsTold();

    [GeneratedRegex(@"(\w+)/\{\w+\}")]
    private static partial Regex PathParameter();
}
