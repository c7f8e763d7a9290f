using System.Text;
using System.Text.Json;
using Local.ImageApi;
using Pipeline.Tests.Apps;
using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Telemetry;

/// <summary>What the app sends to a collector: counts that agree with its books, and nothing that is secret.</summary>
public sealed class ExportTests
{
    private const string Prompt = "A heron that nobody may read of";

    private readonly List<string> secrets = [Prompt, SimulatorOptions.DefaultKey, App.OperatorKey, "secret-path", "sig=", "AccountKey"];
    private OtlpReceiver collector = null!;
    private Receiver receiver = null!;
    private App app = null!;
    private Account account = null!;
    private volatile bool isBroken;
    private JsonElement made;
    private IReadOnlyDictionary<string, double> metrics = null!;

    [OneTimeSetUp]
    public async Task RunSomeJobs()
    {
        collector = await OtlpReceiver.Start();
        receiver = await Receiver.Start((http, _) =>
        {
            if (isBroken) http.Response.StatusCode = 500;
            return Task.CompletedTask;
        });
        app = await App.Start(
            imageApi: null,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "300"),
            ("OTEL_BSP_SCHEDULE_DELAY", "300"), ("OTEL_BLRP_SCHEDULE_DELAY", "300"),
            ("Outgoing__AllowLoopback", "true"), ("Jobs__ResendAfter", "01:00:00"));
        account = await app.NewAccount(100);
        secrets.Add(account.ApiKey);
        made = await account.Run(new { prompt = Prompt, num = 2, model = "512", webhook_url = receiver.Url("secret-path") });
        await account.Run(new { prompt = Prompt + " [[fault:safety]]", model = "512" });
        await Account.Until(() => Task.FromResult(receiver.Received), received => received.Count == 1);
        isBroken = true;
        await account.Run(new { prompt = Prompt + " [[fault:503:1]]", model = "1K", webhook_url = receiver.Url("secret-path") });
        await Account.Until(() => Task.FromResult(receiver.Received), received => received.Count == 2);
        (await account.Post("v1/jobs", new { prompt = Prompt, model = "8K" })).Dispose();
        await Account.Until(() => Task.FromResult(receiver.Received), received => received.Count == 2);
        await account.GetJson($"v1/jobs/{made.GetProperty("id").GetString()}");
        // The webhook's call is the last of all.
        metrics = await Account.Until(
            () => Task.FromResult(collector.Metrics()), found => found.ContainsKey("pipeline.webhook.duration outcome=5xx"));
        await Account.Until(() => Task.FromResult(collector.Spans()), spans => spans.Contains("process webhooks"));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await app.DisposeAsync();
        await receiver.DisposeAsync();
        await collector.DisposeAsync();
    }

    [TestCase("pipeline.jobs state=queued tier=512", 2)]
    [TestCase("pipeline.jobs state=running tier=512", 2)]
    [TestCase("pipeline.jobs state=succeeded tier=512", 1)]
    [TestCase("pipeline.jobs state=failed tier=512", 1)]
    [TestCase("pipeline.attempts outcome=delivered tier=512", 1)]
    [TestCase("pipeline.attempts outcome=content_rejected tier=512", 1)]
    [TestCase("pipeline.jobs state=queued tier=1K", 1)]
    [TestCase("pipeline.jobs state=running tier=1K", 1)]
    [TestCase("pipeline.jobs state=succeeded tier=1K", 1)]
    [TestCase("pipeline.attempts outcome=unavailable tier=1K", 1)]
    [TestCase("pipeline.attempts outcome=delivered tier=1K", 1)]
    [TestCase("pipeline.images tier=1K", 1)]
    [TestCase("pipeline.image_api.duration status=503 tier=1K", 1)]
    [TestCase("pipeline.webhook.duration outcome=5xx", 1)]
    [TestCase("pipeline.credits kind=grant", 100)]
    [TestCase("pipeline.credits kind=hold", 16)]
    [TestCase("pipeline.credits kind=capture", 12)]
    [TestCase("pipeline.credits kind=release", 4)]
    [TestCase("pipeline.image_api.duration status=200 tier=512", 2)]
    [TestCase("pipeline.images tier=512", 2)]
    [TestCase("pipeline.queue.age queue=images-standard", 4)]
    [TestCase("pipeline.queue.age queue=webhooks", 2)]
    [TestCase("pipeline.commits outcome=committed", 6)]
    [TestCase("pipeline.webhook.duration outcome=delivered", 1)]
    public void What_happened_is_counted(string metric, double value) =>
        Assert.That(metrics.GetValueOrDefault(metric), Is.EqualTo(value), () => string.Join(Environment.NewLine, metrics));

    [Test]
    public void Bytes_are_those_of_the_pictures() => Assert.That(
        metrics["pipeline.image.bytes tier=512"],
        Is.EqualTo(made.GetProperty("images").EnumerateArray().Sum(image => image.GetProperty("bytes").GetInt64())));

    [Test]
    public void No_metric_has_an_account() => Assert.That(metrics.Keys, Has.None.Contains(account.Id));

    [Test]
    public void Spans_and_logs_are_sent_too()
    {
        Assert.That(collector.Spans(), Does.Contain("function SubmitJob").And.Contains("generate images").And.Contains("call webhook"));
        Assert.That(Text("logs"), Does.Contain(made.GetProperty("id").GetString()));
    }

    /// <summary>The clients of storage have spans of their own, one or two a request: more than all others, and each costs.</summary>
    [Test]
    public void No_span_is_of_a_request_to_storage() => Assert.That(
        collector.Spans().Distinct().Where(name =>
            name.Split(' ')[0] is not ("function" or "send" or "process") && name is not ("generate images" or "call webhook")),
        Is.Empty);

    [Test]
    public void Nothing_that_is_sent_is_secret()
    {
        var all = Text("traces") + Text("metrics") + Text("logs");
        Assert.That(secrets.Where(secret => all.Contains(secret, StringComparison.Ordinal)), Is.Empty);
    }

    // Texts are UTF-8 in it, and nothing is compressed.
    private string Text(string signal) => string.Concat(collector.Of(signal).Select(Encoding.UTF8.GetString));
}
