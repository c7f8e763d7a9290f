using System.Diagnostics;
using Pipeline.Tests.Telemetry;

namespace Pipeline.HostTests;

public sealed class TraceTests
{
    [Test]
    public async Task A_callers_trace_goes_through()
    {
        await using var app = await DeployedApp.Start();
        var (_, key) = await app.NewAccount();
        var trace = ActivityTraceId.CreateRandom().ToHexString();

        using var answer = await app.Send(
            HttpMethod.Get, "v1/jobs/job_x", null, key, ("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01"));

        var problem = await DeployedApp.Json(answer, 404);
        Assert.That(problem.GetProperty("trace_id").GetString(), Is.EqualTo(trace));
    }

    [Test]
    public async Task A_job_is_one_trace_with_its_logs()
    {
        await using var collector = await OtlpReceiver.Start();
        await using var app = await DeployedApp.Start(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_BSP_SCHEDULE_DELAY", "200"), ("OTEL_BLRP_SCHEDULE_DELAY", "200"), ("OTEL_METRIC_EXPORT_INTERVAL", "1000"));
        var (_, key) = await app.NewAccount();
        var trace = ActivityTraceId.CreateRandom().ToHexString();
        using var posted = await app.Send(
            HttpMethod.Post, "v1/jobs", DeployedApp.JsonContent(new { prompt = "A fox", model = "512" }), key,
            ("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01"));
        var job = (await DeployedApp.Json(posted, 202)).GetProperty("id").GetString()!;
        await app.Finished(job, key);
        // The POST, the message that is sent and received, and the call of the image API.
        await DeployedApp.Until(() => Task.FromResult(Count(collector, "traces", trace)), count => count >= 4);
        await DeployedApp.Until(() => Task.FromResult(Count(collector, "logs", trace)), count => count >= 2);
        Assert.That(collector.Spans(), Is.SupersetOf(
            (string[])["function SubmitJob", "send images-standard", "process images-standard", "generate images"]));
    }

    /// <summary>How often a trace's id comes in what was sent; each span and record has it once.</summary>
    private static int Count(OtlpReceiver collector, string signal, string trace)
    {
        var id = Convert.FromHexString(trace);
        return collector.Of(signal).Sum(body => Enumerable.Range(0, body.Length - id.Length)
            .Count(at => body.AsSpan(at, id.Length).SequenceEqual(id)));
    }

    [Test]
    public async Task Logs_have_no_secrets()
    {
        await using var app = await DeployedApp.Start();
        var (_, key) = await app.NewAccount();
        using var posted = await app.Post("v1/jobs", new { prompt = "A secret prompt", num = 1 }, key);
        var job = (await DeployedApp.Json(posted, 202)).GetProperty("id").GetString()!;
        await app.Finished(job, key);
        using var withKey = await app.Send(HttpMethod.Get, "v1/operator/accounts?code=function-key-of-the-host", null, null);
        Assert.That((int)withKey.StatusCode, Is.EqualTo(200), await withKey.Content.ReadAsStringAsync());
        using var bad = await app.Send(HttpMethod.Get, $"v1/jobs?cancel={key}", null, key);
        var logs = app.Host.Channel.Logs.Select(log => $"{log.Level} {log.Category} {log.Message} {log.Exception}").ToList();
        foreach (var secret in new[] { key, "sim-key", "secret prompt", "function-key-of-the-host", "sig=", "Eby8vdM02" })
            Assert.That(logs.Where(log => log.Contains(secret, StringComparison.Ordinal)), Is.Empty, secret);
    }
}
