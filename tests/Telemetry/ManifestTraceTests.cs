using System.Diagnostics;

namespace Pipeline.Tests.Telemetry;

/// <summary>A manifest is a trace, and each of its jobs another.</summary>
public sealed class ManifestTraceTests
{
    private TracedApp app = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await TracedApp.Start();

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task Each_job_of_a_manifest_is_a_trace_of_its_own_that_leads_to_its_manifests()
    {
        var trace = TracedApp.NewTrace();
        var lines = """
            { "manifest": { "name": "two", "defaults": { "model": "512" }, "webhook_url": "(own)" } }
            { "prompt": "A cat" }
            { "prompt": "A dog", "webhook_url": "(url)" }
            """
            .Replace("(url)", app.Receiver.Url("dog"), StringComparison.Ordinal)
            .Replace("(own)", app.Receiver.Url("own"), StringComparison.Ordinal);
        using var request = TracedApp.Traced(trace, "v1/manifests", new StringContent(lines, null, "application/x-ndjson"));
        using var accepted = await app.Http.SendAsync(request);
        Assert.That((int)accepted.StatusCode, Is.EqualTo(202), await accepted.Content.ReadAsStringAsync());

        var sent = await TracedApp.Until(() =>
            app.Spans.All.Where(span => IsSentFrom(trace, span)).ToList() is { Count: 2 } both ? both : null);

        Assert.That(sent.Select(span => span.TraceId.ToHexString()), Is.Unique.And.None.EqualTo(trace));
        Assert.That(sent.Select(span => span.Links.Single().Context.TraceId.ToHexString()), Is.All.EqualTo(trace));
        Assert.That(sent.Select(span => span.ParentSpanId), Is.All.EqualTo(default(ActivitySpanId)));
        foreach (var job in sent) await app.Seen(job.TraceId.ToHexString(), "generate images", 1);
        var told = await TracedApp.Until(() => app.Spans.All.FirstOrDefault(span =>
            span.DisplayName == "call webhook" && sent.Any(job => job.TraceId == span.TraceId)));
        Assert.That(told.Status, Is.EqualTo(ActivityStatusCode.Unset));
        await app.Seen(trace, "call webhook", 1);
    }

    [Test]
    public async Task A_job_of_a_manifest_that_is_put_off_before_its_first_attempt_stays_in_its_trace()
    {
        var (single, trace) = (TracedApp.NewTrace(), TracedApp.NewTrace());
        await app.Submit(single, new { prompt = "A red fox [[fault:429-after-2:1]]", model = "512" });
        await app.Seen(single, "generate images", 1);

        using var request = TracedApp.Traced(trace, "v1/manifests", new StringContent("""[{ "prompt": "A cow", "model": "512" }]"""));
        request.Content!.Headers.ContentType = new("application/json");
        using var accepted = await app.Http.SendAsync(request);
        Assert.That((int)accepted.StatusCode, Is.EqualTo(202), await accepted.Content.ReadAsStringAsync());

        var sent = await TracedApp.Until(() => app.Spans.All.FirstOrDefault(span => IsSentFrom(trace, span)));
        await app.Seen(sent.TraceId.ToHexString(), "generate images", 1);
        Assert.That((await app.Seen(sent.TraceId.ToHexString(), "process images-standard-bulk", 2)), Has.Count.GreaterThanOrEqualTo(2));
    }

    /// <summary>Whether it sends a job, from within the trace of its manifest.</summary>
    private static bool IsSentFrom(string trace, Activity span) =>
        span.DisplayName == "send images-standard-bulk" && span.Links.Any(link => link.Context.TraceId.ToHexString() == trace);
}
