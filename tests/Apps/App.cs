using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Storage.Blobs;
using Local.ImageApi;
using Local.Up;

namespace Pipeline.Tests.Apps;

/// <summary>The app as users meet it: a process of its own, on a storage account of its own, before a simulator of its own.</summary>
public sealed class App : IAsyncDisposable
{
    internal const string OperatorKey = "operator-key-of-the-tests";

    /// <summary>For tests that kill workers: their claims lapse soon, as do those of workers that a busy machine holds up.</summary>
    internal static readonly (string Name, string Value) ShortLease = ("Jobs__LeaseDuration", "00:00:03");

    private readonly Dictionary<string, string> settings;
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    private App(string storage, Simulator imageApi, Dictionary<string, string> settings, AppProcess process)
    {
        Storage = storage;
        ImageApi = imageApi;
        this.settings = settings;
        Process = process;
    }

    /// <summary>The connection string of its storage account.</summary>
    public string Storage { get; }

    /// <summary>Where its images are.</summary>
    public BlobContainerClient Outputs => new(Storage, "outputs");

    public Simulator ImageApi { get; }

    public AppProcess Process { get; private set; }

    /// <summary>Starts it with small images and no latency, quick retries and a quick sweeper, unless told otherwise.</summary>
    public static Task<App> Start(SimulatorOptions? imageApi = null, params (string Name, string Value)[] changes) =>
        Start(imageApi, (_, _) => Task.FromResult(changes));

    /// <summary>As above, with settings that depend on where its storage and its image API are.</summary>
    internal static async Task<App> Start(SimulatorOptions? imageApi, Func<string, Uri, Task<(string Name, string Value)[]>> changes)
    {
        var simulator = await Simulator.Start(
            imageApi ?? new SimulatorOptions { Port = 0, Latency = 0, SmallImages = true }, CancellationToken.None);
        var storage = Tests.Storage.NewAccount();
        var settings = new Dictionary<string, string>
        {
            ["AzureWebJobsStorage"] = storage,
            ["ImageApi__BaseUrl"] = simulator.Url.AbsoluteUri,
            ["ImageApi__Key"] = SimulatorOptions.DefaultKey,
            ["Local__FunctionKey"] = OperatorKey,
            ["Local__MasterKey"] = OperatorKey + "-master",
            // So that what follows an attempt is seen, and a test that fails calls on purpose does not stop the next one.
            ["ImageApi__QuickRetries"] = "00:00:00",
            ["ImageApi__BreakDuration"] = "00:00:01",
            ["Jobs__RetryDelay"] = "00:00:00.2",
            ["Jobs__ResendAfter"] = "00:00:01",
        };
        try
        {
            foreach (var (name, value) in await changes(storage, simulator.Url)) settings[name] = value;
            return new App(storage, simulator, settings, await Launch(settings));
        }
        catch
        {
            await simulator.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts another process of the app on the same storage, as after a crash.</summary>
    public async Task Restart() => Process = await Launch(settings);

    /// <summary>Starts one more process of the app on the same storage, as when Azure scales out.</summary>
    public Task<AppProcess> StartAnother() => Launch(settings);

    /// <summary>An account with so many credits, and a client that carries its key.</summary>
    public async Task<Account> NewAccount(long credits)
    {
        var answer = await Operator(HttpMethod.Post, "v1/operator/accounts", new { name = "Test", credits });
        Assert.That((int)answer.StatusCode, Is.EqualTo(201), await answer.Content.ReadAsStringAsync());
        var account = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return new Account(this, account.GetProperty("id").GetString()!, account.GetProperty("api_key").GetString()!);
    }

    public Task<HttpResponseMessage> Operator(HttpMethod method, string path, object? body = null)
    {
        var request = new HttpRequestMessage(method, path) { Headers = { { "x-functions-key", OperatorKey } } };
        if (body is not null) request.Content = JsonContent.Create(body);
        return Send(request);
    }

    /// <summary>Sends a request as it is, with a path instead of a URL, and holds the answer against the API's document.</summary>
    public Task<HttpResponseMessage> Send(HttpRequestMessage request, string? apiKey = null) => SendTo(Process, request, apiKey);

    /// <summary>As above, to one of several processes.</summary>
    public async Task<HttpResponseMessage> SendTo(AppProcess process, HttpRequestMessage request, string? apiKey)
    {
        request.RequestUri = new Uri(process.Url, request.RequestUri!.OriginalString);
        if (apiKey is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", apiKey);
        var answer = await http.SendAsync(request);
        // Only what can be read again, and not before it is sent: a body that was read once is sent in another way.
        var sent = request.Content is StringContent or JsonContent ? await request.Content.ReadAsStringAsync() : null;
        Contract.Holds(request.Method.Method, request.RequestUri.PathAndQuery, sent, answer, await answer.Content.ReadAsStringAsync());
        return answer;
    }

    /// <summary>The images that came along with the calls whose prompt begins so, as the image API saw them.</summary>
    public IEnumerable<SeenReference> Seen(string prompt) =>
        ImageApi.Stats.References.Where(seen => seen.Prompt.StartsWith(prompt, StringComparison.Ordinal));

    /// <summary>Has the sweeper look now.</summary>
    public async Task Sweep()
    {
        var answer = await Operator(HttpMethod.Post, "v1/operator/sweep");
        Assert.That((int)answer.StatusCode, Is.EqualTo(200), await answer.Content.ReadAsStringAsync());
    }

    private static async Task<AppProcess> Launch(Dictionary<string, string> settings) =>
        ShowWarningsAttribute.Watch(await AppProcess.Start(settings, CancellationToken.None));

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Process.DisposeAsync();
        await ImageApi.DisposeAsync();
    }
}
