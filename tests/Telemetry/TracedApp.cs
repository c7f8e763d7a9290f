using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Local.ImageApi;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Telemetry;

/// <summary>The app in this process, with an account, a receiver of its webhooks, and all spans that are made meanwhile.</summary>
internal sealed class TracedApp : IAsyncDisposable
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(30);

    private readonly TracerProvider exporter;
    private readonly Simulator simulator;
    private readonly InProcessApp app;

    private TracedApp(TracerProvider exporter, SpanList spans, Simulator simulator, InProcessApp app)
    {
        (this.exporter, Spans, this.simulator, this.app) = (exporter, spans, simulator, app);
    }

    public SpanList Spans { get; }

    public Receiver Receiver { get; private set; } = null!;

    /// <summary>What the receiver answers.</summary>
    public int Answer { get; set; } = 200;

    /// <summary>As the account.</summary>
    public HttpClient Http => app.Http;

    /// <summary>The connection string of its storage account.</summary>
    public string Storage => app.Storage;

    public static async Task<TracedApp> Start(params (string Name, string Value)[] changes)
    {
        var spans = new SpanList();
        var exporter = Sdk.CreateTracerProviderBuilder()
            .AddSource("Pipeline", "Microsoft.Azure.Functions.Worker").AddInMemoryExporter(spans).Build();
        var simulator = await Simulator.Start(new SimulatorOptions { Port = 0, Latency = 0, SmallImages = true }, CancellationToken.None);
        var traced = new TracedApp(exporter, spans, simulator, await InProcessApp.Start(simulator, changes));
        traced.Receiver = await Receiver.Start((http, _) =>
        {
            http.Response.StatusCode = traced.Answer;
            return Task.CompletedTask;
        });
        using var opened = await traced.Operator("v1/operator/accounts", new { id = "studio", name = "Studio", credits = 1000 });
        var account = await opened.Content.ReadFromJsonAsync<JsonElement>();
        traced.Http.DefaultRequestHeaders.Authorization = new("Bearer", account.GetProperty("api_key").GetString());
        return traced;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        await Receiver.DisposeAsync();
        await simulator.DisposeAsync();
        exporter.Dispose();
    }

    public static string NewTrace() => ActivityTraceId.CreateRandom().ToHexString();

    public static HttpRequestMessage Traced(string trace, string path, HttpContent content) => new(HttpMethod.Post, path)
    {
        Headers = { { "traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom().ToHexString()}-01" } },
        Content = content,
    };

    /// <returns>The job's id.</returns>
    public async Task<string> Submit(string trace, object job)
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
    public async Task<string> Delivery()
    {
        var list = await app.Http.GetFromJsonAsync<JsonElement>("v1/webhook/deliveries?limit=1");
        return list.GetProperty("data")[0].GetProperty("id").GetString()!;
    }

    /// <summary>The spans of a trace with a name, once there are so many, in the order of their beginnings.</summary>
    public async Task<List<Activity>> Seen(string trace, string name, int count) => await Until(() =>
        Spans.All.Where(span => span.TraceId.ToHexString() == trace && span.DisplayName == name).OrderBy(span => span.StartTimeUtc).ToList()
            is { } found && found.Count >= count ? found : null);

    /// <summary>The names of the spans that lead to one, from the request on; some end, and are seen, after those below them.</summary>
    public async Task<List<string>> Chain(Activity span)
    {
        var names = new List<string> { span.DisplayName };
        while (names[0] != "function SubmitJob")
        {
            span = await Until(() => Spans.All.FirstOrDefault(other => other.SpanId == span.ParentSpanId));
            names.Insert(0, span.DisplayName);
        }

        return names;
    }

    public static async Task<T> Until<T>(Func<T?> look)
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
