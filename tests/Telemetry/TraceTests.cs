using System.Diagnostics;
using Azure.Data.Tables;
using Local.ImageApi;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Tests.Telemetry;

/// <summary>What begins with a request is one trace to its end, whatever queues lie between, however often a step is repeated.</summary>
public sealed class TraceTests
{
    private static readonly string[] ToTheWorker = ["function SubmitJob", "send images-standard", "process images-standard"];

    private TracedApp app = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await TracedApp.Start();

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [SetUp]
    public void The_endpoint_is_well() => app.Answer = 200;

    [Test]
    public async Task From_the_request_to_the_webhook_call_a_job_is_one_trace()
    {
        var trace = TracedApp.NewTrace();

        await app.Submit(trace, new { prompt = "A red fox", model = "512", webhook_url = app.Receiver.Url("one") });

        var called = await app.Seen(trace, "call webhook", 1);
        Assert.That(
            await app.Chain(called[0]), Is.EqualTo((string[])[.. ToTheWorker, "send webhooks", "process webhooks", "call webhook"]));
        var made = await app.Seen(trace, "generate images", 1);
        Assert.That(await app.Chain(made[0]), Is.EqualTo((string[])[.. ToTheWorker, "generate images"]));
        Assert.That(called[0].GetTagItem("http.response.status_code"), Is.EqualTo(200));
    }

    [Test]
    public async Task An_attempt_that_is_repeated_and_a_delivery_that_is_asked_for_again_are_of_the_same_trace()
    {
        var trace = TracedApp.NewTrace();
        app.Answer = 500;
        await app.Submit(trace, new { prompt = "A red fox [[fault:503:1]]", model = "512", webhook_url = app.Receiver.Url("two") });
        await app.Seen(trace, "call webhook", 1);
        app.Answer = 200;

        var id = await app.Delivery();
        using var again = await app.Http.PostAsync($"v1/webhook/deliveries/{id}/redeliver", null);

        Assert.That((int)again.StatusCode, Is.EqualTo(202), await again.Content.ReadAsStringAsync());
        var calls = await app.Seen(trace, "call webhook", 2);
        Assert.That(calls.Select(call => call.GetTagItem("http.response.status_code")), Is.EqualTo(new object[] { 500, 200 }));
        Assert.That(calls.Select(call => call.Status), Is.EqualTo(new[] { ActivityStatusCode.Error, ActivityStatusCode.Unset }));
        var made = await app.Seen(trace, "generate images", 2);
        Assert.That(made.Select(call => call.GetTagItem("http.response.status_code")), Is.EqualTo(new object[] { 503, 200 }));
    }

    [Test]
    public async Task A_delivery_that_is_tried_again_is_of_the_same_trace()
    {
        var trace = TracedApp.NewTrace();
        app.Answer = 500;
        await app.Submit(trace, new { prompt = "A red fox that waits", model = "512", webhook_url = app.Receiver.Url("three") });
        await app.Seen(trace, "call webhook", 1);

        // Its next try is 5 s away: the message of that comes by the queue, in the trace of the first.
        var calls = await app.Seen(trace, "call webhook", 2);

        Assert.That(
            await app.Chain(calls[1]),
            Is.EqualTo((string[])
            [
                .. ToTheWorker, "send webhooks", "process webhooks", "send webhooks", "process webhooks", "call webhook",
            ]));
    }

    /// <summary>So that whatever is sent for it later, by whom ever, is of its trace.</summary>
    [Test]
    public async Task A_jobs_row_has_the_request_that_made_it()
    {
        var trace = TracedApp.NewTrace();

        var id = await app.Submit(trace, new { prompt = "A red fox", model = "512" });

        var request = (await app.Seen(trace, "function SubmitJob", 1))[0];
        var row = await new TableServiceClient(app.Storage).GetTableClient(StorageNames.LedgerTable)
            .GetEntityAsync<TableEntity>("studio", JobId.Parse(id).RowKey);
        Assert.That(row.Value.GetString("Trace"), Is.EqualTo(request.Id));
    }

    [Test]
    public async Task Work_on_a_message_is_linked_to_the_hosts_invocation()
    {
        var trace = TracedApp.NewTrace();

        await app.Submit(trace, new { prompt = "A red fox", model = "512" });

        var work = (await app.Seen(trace, "process images-standard", 1))[0];
        var linked = work.Links.Single().Context.SpanId;
        var invocation = await TracedApp.Until(() => app.Spans.All.FirstOrDefault(span => span.SpanId == linked));
        Assert.That(invocation.DisplayName, Is.EqualTo("function WorkStandard"));
        Assert.That(invocation.TraceId.ToHexString(), Is.Not.EqualTo(trace));
    }

    [Test]
    public async Task No_span_has_a_prompt_a_key_or_more_of_an_address_than_its_host()
    {
        var trace = TracedApp.NewTrace();

        await app.Submit(trace, new { prompt = "A heron in secret", model = "512", webhook_url = app.Receiver.Url("secret-path") });
        await app.Seen(trace, "call webhook", 1);

        var texts = app.Spans.All.SelectMany(span => span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}").Append(span.DisplayName))
            .Concat(app.Spans.All.SelectMany(span => span.Events.SelectMany(happened => happened.Tags.Select(tag => $"{tag.Value}"))));
        Assert.That(string.Join('\n', texts), Does.Not.Contain("secret").And.Not.Contains(SimulatorOptions.DefaultKey));
    }
}
