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

    private static readonly IReadOnlyList<Operation> Asking =
        [.. Operations.Where(route => route.Body is not null || route.Query.Count > 0)];

    /// <summary>Not those in the NanoBanana API's shape, which name no field; their fields are read as a job's are.</summary>
    private static readonly IReadOnlyList<Operation> Ruled = [.. Asking.Where(route => route.NamesWhatIsWrong)];

    private static readonly object Webhook = new { url = "http://127.0.0.1:9/hook" };

    private App app = null!;
    private Account account = null!;

    /// <summary>What path parameters stand for, by the segment before them.</summary>
    private Dictionary<string, string> there = [];

    [OneTimeSetUp]
    public async Task Start()
    {
        // Nobody listens there; what cannot be delivered is an answer, too.
        app = await App.Start(null, ("Outgoing__AllowLoopback", "true"));
        account = await app.NewAccount(credits: 1000);
        await account.Drop("one.json", """[{ "prompt": "A cat on a mat" }]""");
        there = new()
        {
            ["jobs"] = await NewJob(),
            ["images"] = "0",
            ["manifests"] = (await account.Manifest("completed")).GetProperty("id").GetString()!,
            ["accounts"] = account.Id,
            ["presets"] = "poster",
            ["poison"] = "images-standard",
            ["keys"] = await NewKey(),
        };
        await Save("v1/webhook", Webhook);
        using var test = await account.PostText("v1/webhook/test", "");
        there["deliveries"] = (await test.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    [SetUp]
    public async Task SaveWhatTestsDelete()
    {
        await Save("v1/presets/poster", new { num = 2 });
        await Save("v1/webhook", Webhook);
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
        using var answer = await Call(operation, Example(operation));

        if (operation.Method == "DELETE") (there["jobs"], there["keys"]) = (await NewJob(), await NewKey());
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

    [TestCaseSource(nameof(Asking))]
    public async Task The_fields_of_a_request_are_those_that_are_read(Operation operation)
    {
        if (operation.Body is not null)
            Assert.That(operation.Fields.Keys, Is.EquivalentTo(await FieldsRead(await Call(operation, Json("""{"no_such_field":1}""")))));
        if (operation.Query.Count > 0)
            Assert.That(operation.Query.Keys, Is.EquivalentTo(await FieldsRead(await Call(operation, null, "?no_such_field=1"))));
    }

    [TestCaseSource(nameof(Ruled))]
    public async Task A_rule_of_a_request_is_one_that_is_kept_and_kept_exactly(Operation operation)
    {
        foreach (var (name, schema) in operation.Fields)
        {
            // A preset may have the prompt; here none is named.
            var isRequired = operation.RequiredFields.Contains(name) || (name == "prompt" && operation.Fields.ContainsKey("preset"));
            Assert.That(await IsRefused(operation, "{", "/" + name), Is.EqualTo(isRequired), $"refused without {name}");
            foreach (var value in FieldCases.Of(schema).Where(value => value != "null" || !isRequired))
            {
                var faults = Contract.Schema.FaultsOf(JsonElement.Parse(value), schema).ToList();
                // A tier can have the right name and be the one that the image has already.
                if (faults.Count == 0 && operation.Path.EndsWith("/promote", StringComparison.Ordinal)) continue;
                var isRefused = await IsRefused(operation, $"{{\"{name}\":{value},", "/" + name);
                Assert.That(isRefused, Is.EqualTo(faults.Count > 0), $"refused with {name}: {value}: {string.Join(", ", faults)}");
            }
        }

        foreach (var (name, schema) in operation.Query)
        {
            foreach (var text in FieldCases.InQuery(schema))
            {
                var query = $"?{name}={Uri.EscapeDataString(text)}&no_such_field=1";
                var problem = await (await Call(operation, null, query)).Content.ReadFromJsonAsync<JsonElement>();
                var faults = Contract.FaultsOfText(text, schema, name).ToList();
                var isRefused = Pointers(problem).Contains("?" + name);
                Assert.That(isRefused, Is.EqualTo(faults.Count > 0), $"refused with {query}: {string.Join(", ", faults)}");
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

    private async Task Save(string path, object fields)
    {
        using var body = JsonContent.Create(fields);
        using var saved = await app.Send(new HttpRequestMessage(HttpMethod.Put, path) { Content = body }, account.ApiKey);
        Assert.That(saved.IsSuccessStatusCode, Is.True);
    }

    private async Task<string> NewKey()
    {
        using var made = await app.Operator(HttpMethod.Post, $"v1/operator/accounts/{account.Id}/keys");
        return (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("prefix").GetString()!;
    }

    private async Task<string> NewJob() => (await account.Run(new { prompt = "A cat on a mat" })).GetProperty("id").GetString()!;

    /// <summary>A field too many keeps the request from being taken, whatever else is in it.</summary>
    private async Task<bool> IsRefused(Operation operation, string start, string pointer)
    {
        using var answer = await Call(operation, Json(start + "\"no_such_field\":1}"));
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

    private Task<HttpResponseMessage> Call(Operation operation, HttpContent? body, string query = "")
    {
        var request = new HttpRequestMessage(new HttpMethod(operation.Method), PathTo(operation) + query) { Content = body };
        if (operation.Key == "functions_key") request.Headers.Add("x-functions-key", App.OperatorKey);
        return app.Send(request, operation.Key == "bearer" ? account.ApiKey : null);
    }

    private string PathTo(Operation operation) =>
        PathParameter().Replace(operation.Path, match => $"{match.Groups[1]}/{there[match.Groups[1].Value]}");

    /// <summary>A body with the fields that must be there, or none if the route takes none.</summary>
    private HttpContent? Example(Operation operation)
    {
        if (operation.TakesImage) return new ByteArrayContent(TestPicture.Png(8, 8));
        if (operation.TakesManifest) return Json("""[{"prompt":"A cat on a mat"}]""");
        if (operation.Body is null) return null;
        var needed = operation.Fields.Keys.Where(name => name == "prompt" || operation.RequiredFields.Contains(name));
        var fields = needed.ToDictionary(name => name, name => FieldCases.Example(operation.Fields[name]));
        // It stands for one transfer.
        if (fields.ContainsKey("reference")) fields["reference"] = operation.Path;
        // Of all forms of an image, one that is there.
        if (fields.ContainsKey("image")) fields["image"] = there["jobs"] + "/0";
        return JsonContent.Create(fields);
    }

    private static StringContent Json(string body) => new(body, new MediaTypeHeaderValue("application/json"));

    [GeneratedRegex(@"'no_such_field' is not a (?:field|parameter) here; those are ([^.]+)\.")]
    private static partial Regex FieldsTold();

    [GeneratedRegex(@"(\w+)/\{\w+\}")]
    private static partial Regex PathParameter();
}
