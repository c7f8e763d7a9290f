using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Data.Tables;
using Local.ImageApi;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Pipeline.Jobs;
using Pipeline.Storage;
using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Telemetry;

/// <summary>What begins with a request is one trace to its end, whatever queues lie between, however often a step is repeated.</summary>
public sealed class TraceTests
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(30);

    private static readonly string[] ToTheWorker = ["function SubmitJob", "send images-standard", "process images-standard"];

    private readonly SpanList spans = [];
    private TracerProvider exporter = null!;
    private Simulator simulator = null!;
    private InProcessApp app = null!;
    private Receiver receiver = null!;
    private volatile int answer;

    [OneTimeSetUp]
    public async Task StartApp()
    {
        exporter = Sdk.CreateTracerProviderBuilder()
            .AddSource("Pipeline", "Microsoft.Azure.Functions.Worker").AddInMemoryExporter(spans).Build();
        simulator = await Simulator.Start(new SimulatorOptions { Port = 0, Latency = 0, SmallImages = true }, CancellationToken.None);
        app = await InProcessApp.Start(simulator);
        receiver = await Receiver.Start((http, _) =>
        {
            http.Response.StatusCode = answer;
            return Task.CompletedTask;
        });
        using var opened = await Operator("v1/operator/accounts", new { id = "studio", name = "Studio", credits = 1000 });
        var account = await opened.Content.ReadFromJsonAsync<JsonElement>();
        app.Http.DefaultRequestHeaders.Authorization = new("Bearer", account.GetProperty("api_key").GetString());
    }

    [OneTimeTearDown]
    public async Task StopApp()
    {
        await app.DisposeAsync();
        await receiver.DisposeAsync();
        await simulator.DisposeAsync();
        exporter.Dispose();
    }

    [SetUp]
    public void TheEndpointIsWell() => answer = 200;

    [Test]
    public async Task From_the_request_to_the_webhook_call_a_job_is_one_trace()
    {
        var trace = NewTrace();

        await Submit(trace, new { prompt = "A red fox", model = "512", webhook_url = receiver.Url("one") });

        var called = await Seen(trace, "call webhook", 1);
        Assert.That(await Chain(called[0]), Is.EqualTo((string[])[.. ToTheWorker, "send webhooks", "process webhooks", "call webhook"]));
        var made = await Seen(trace, "generate images", 1);
        Assert.That(await Chain(made[0]), Is.EqualTo((string[])[.. ToTheWorker, "generate images"]));
        Assert.That(called[0].GetTagItem("http.response.status_code"), Is.EqualTo(200));
    }

    [Test]
    public async Task An_attempt_that_is_repeated_and_a_delivery_that_is_asked_for_again_are_of_the_same_trace()
    {
        var trace = NewTrace();
        answer = 500;
        await Submit(trace, new { prompt = "A red fox [[fault:503:1]]", model = "512", webhook_url = receiver.Url("two") });
        await Seen(trace, "call webhook", 1);
        answer = 200;

        var id = await Delivery();
        using var again = await app.Http.PostAsync($"v1/webhook/deliveries/{id}/redeliver", null);

        Assert.That((int)again.StatusCode, Is.EqualTo(202), await again.Content.ReadAsStringAsync());
        var calls = await Seen(trace, "call webhook", 2);
        Assert.That(calls.Select(call => call.GetTagItem("http.response.status_code")), Is.EqualTo(new object[] { 500, 200 }));
        Assert.That(calls.Select(call => call.Status), Is.EqualTo(new[] { ActivityStatusCode.Error, ActivityStatusCode.Unset }));
        var made = await Seen(trace, "generate images", 2);
        Assert.That(made.Select(call => call.GetTagItem("http.response.status_code")), Is.EqualTo(new object[] { 503, 200 }));
    }

    [Test]
    public async Task A_delivery_that_is_tried_again_is_of_the_same_trace()
    {
        var trace = NewTrace();
        answer = 500;
        await Submit(trace, new { prompt = "A red fox that waits", model = "512", webhook_url = receiver.Url("three") });
        await Seen(trace, "call webhook", 1);

        // Its next try is 5 s away: the message of that comes by the queue, in the trace of the first.
        var calls = await Seen(trace, "call webhook", 2);

        Assert.That(
            await Chain(calls[1]),
            Is.EqualTo((string[])
            [
                .. ToTheWorker, "send webhooks", "process webhooks", "send webhooks", "process webhooks", "call webhook",
            ]));
    }

    /// <summary>So that whatever is sent for it later, by whom ever, is of its trace.</summary>
    [Test]
    public async Task A_jobs_row_has_the_request_that_made_it()
    {
        var trace = NewTrace();

        var id = await Submit(trace, new { prompt = "A red fox", model = "512" });

        var request = (await Seen(trace, "function SubmitJob", 1))[0];
        var row = await new TableServiceClient(app.Storage).GetTableClient(StorageNames.LedgerTable)
            .GetEntityAsync<TableEntity>("studio", JobId.Parse(id).RowKey);
        Assert.That(row.Value.GetString("Trace"), Is.EqualTo(request.Id));
    }

    [Test]
    public async Task Work_on_a_message_is_linked_to_the_hosts_invocation()
    {
        var trace = NewTrace();

        await Submit(trace, new { prompt = "A red fox", model = "512" });

        var work = (await Seen(trace, "process images-standard", 1))[0];
        var invocation = await Until(() => spans.All.FirstOrDefault(span => span.SpanId == work.Links.Single().Context.SpanId));
        Assert.That(invocation.DisplayName, Is.EqualTo("function WorkStandard"));
        Assert.That(invocation.TraceId.ToHexString(), Is.Not.EqualTo(trace));
    }

    [Test]
    public async Task Each_job_of_a_manifest_is_a_trace_of_its_own_that_leads_to_its_manifests()
    {
        var trace = NewTrace();
        var lines = """
            { "manifest": { "name": "two", "defaults": { "model": "512" } } }
            { "prompt": "A cat" }
            { "prompt": "A dog", "webhook_url": "(url)" }
            """.Replace("(url)", receiver.Url("dog"), StringComparison.Ordinal);
        using var request = Traced(trace, "v1/manifests", new StringContent(lines, null, "application/x-ndjson"));
        using var accepted = await app.Http.SendAsync(request);
        Assert.That((int)accepted.StatusCode, Is.EqualTo(202), await accepted.Content.ReadAsStringAsync());

        var sent = await Until(() =>
            spans.All.Where(span => span.DisplayName == "send images-standard-bulk").ToList() is { Count: 2 } both ? both : null);

        Assert.That(sent.Select(span => span.TraceId.ToHexString()), Is.Unique.And.None.EqualTo(trace));
        Assert.That(sent.Select(span => span.Links.Single().Context.TraceId.ToHexString()), Is.All.EqualTo(trace));
        Assert.That(sent.Select(span => span.ParentSpanId), Is.All.EqualTo(default(ActivitySpanId)));
        foreach (var job in sent) await Seen(job.TraceId.ToHexString(), "generate images", 1);
        var told = await Until(() => spans.All.FirstOrDefault(span =>
            span.DisplayName == "call webhook" && sent.Any(job => job.TraceId == span.TraceId)));
        Assert.That(told.Status, Is.EqualTo(ActivityStatusCode.Unset));
    }

    [Test]
    public async Task No_span_has_a_prompt_a_key_or_more_of_an_address_than_its_host()
    {
        var trace = NewTrace();

        await Submit(trace, new { prompt = "A heron in secret", model = "512", webhook_url = receiver.Url("secret-path") });
        await Seen(trace, "call webhook", 1);

        var texts = spans.All.SelectMany(span => span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}").Append(span.DisplayName))
            .Concat(spans.All.SelectMany(span => span.Events.SelectMany(happened => happened.Tags.Select(tag => $"{tag.Value}"))));
        Assert.That(string.Join('\n', texts), Does.Not.Contain("secret").And.Not.Contains(SimulatorOptions.DefaultKey));
    }

    private static string NewTrace() => ActivityTraceId.CreateRandom().ToHexString();

    private static HttpRequestMessage Traced(string trace, string path, HttpContent content) => new(HttpMethod.Post, path)
    {
        Headers = { { "traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01" } },
        Content = content,
    };

    /// <returns>The job's id.</returns>
    private async Task<string> Submit(string trace, object job)
    {
        using var request = Traced(trace, "v1/jobs", JsonContent.Create(job));
        using var accepted = await app.Http.SendAsync(request);
        Assert.That((int)accepted.StatusCode, Is.EqualTo(202), await accepted.Content.ReadAsStringAsync());
        return (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    private Task<HttpResponseMessage> Operator(string path, object body) => app.Http.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, path)
        {
            Headers = { { "x-functions-key", Apps.App.OperatorKey } },
            Content = JsonContent.Create(body),
        });

    /// <summary>The id of the newest delivery.</summary>
    private async Task<string> Delivery()
    {
        var list = await app.Http.GetFromJsonAsync<JsonElement>("v1/webhook/deliveries?limit=1");
        return list.GetProperty("data")[0].GetProperty("id").GetString()!;
    }

    /// <summary>The spans of a trace with a name, once there are so many, in the order of their beginnings.</summary>
    private async Task<List<Activity>> Seen(string trace, string name, int count) => await Until(() =>
        spans.All.Where(span => span.TraceId.ToHexString() == trace && span.DisplayName == name).OrderBy(span => span.StartTimeUtc).ToList()
            is { } found && found.Count >= count ? found : null);

    /// <summary>The names of the spans that lead to one, from the request on; some end, and are seen, after those below them.</summary>
    private async Task<List<string>> Chain(Activity span)
    {
        var names = new List<string> { span.DisplayName };
        while (names[0] != ToTheWorker[0])
        {
            span = await Until(() => spans.All.FirstOrDefault(other => other.SpanId == span.ParentSpanId));
            names.Insert(0, span.DisplayName);
        }

        return names;
    }

    private static async Task<T> Until<T>(Func<T?> look)
        where T : class
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            if (look() is { } found) return found;
            Assert.That(since.Elapsed, Is.LessThan(WaitLimit), "Nothing of that was seen in time.");
            await Task.Delay(50);
        }
    }
}
