using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Pipeline.HostTests.Host;

namespace Pipeline.HostTests;

/// <summary>The published app on the host, with its queues listened to, and callers of it.</summary>
internal sealed class DeployedApp : IAsyncDisposable
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AskAfter = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    private DeployedApp(MiniHost host, string storage)
    {
        Host = host;
        Storage = storage;
    }

    public MiniHost Host { get; }

    public string Storage { get; }

    public static async Task<DeployedApp> Start(params (string Name, string Value)[] changes)
    {
        var storage = Surroundings.NewStorage();
        var settings = Surroundings.Settings(storage);
        foreach (var (name, value) in changes) settings[name] = value;
        var host = await MiniHost.Start(Surroundings.Published, settings);
        // What failed comes again at once, so that nobody waits for it.
        host.Listen(storage, HostSettings.Read(Surroundings.Published) with { VisibilityTimeout = TimeSpan.Zero });
        return new DeployedApp(host, storage);
    }

    /// <summary>Opens an account as the operator does, and gives its id and API key.</summary>
    public async Task<(string Id, string Key)> NewAccount(long credits = 1000)
    {
        using var answer = await Operator(HttpMethod.Post, "v1/operator/accounts", new { name = "Test", credits });
        var account = await Json(answer, 201);
        return (account.GetProperty("id").GetString()!, account.GetProperty("api_key").GetString()!);
    }

    public Task<HttpResponseMessage> Operator(HttpMethod method, string path, object? body = null) =>
        Send(method, path, body is null ? null : JsonContent(body), null, ("x-functions-key", HttpFront.FunctionKey));

    public Task<HttpResponseMessage> Get(string path, string key) => Send(HttpMethod.Get, path, null, key);

    public async Task<JsonElement> GetJson(string path, string key) => await Json(await Get(path, key), 200);

    public Task<HttpResponseMessage> Post(string path, object body, string key) => Send(HttpMethod.Post, path, JsonContent(body), key);

    public async Task<HttpResponseMessage> Send(
        HttpMethod method, string path, HttpContent? content, string? key, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(Host.Url, path)) { Content = content };
        if (key is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await http.SendAsync(request);
    }

    /// <summary>A job of the API once it is done.</summary>
    public Task<JsonElement> Finished(string job, string key) => Until(
        () => GetJson($"v1/jobs/{job}", key),
        found => found.GetProperty("status").GetString() is not ("queued" or "running"));

    public static async Task<JsonElement> Json(HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), text);
        return JsonElement.Parse(text);
    }

    public static StringContent JsonContent(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    /// <summary>Asks again and again until the answer is right.</summary>
    public static async Task<T> Until<T>(Func<Task<T>> ask, Func<T, bool> isRight)
    {
        using var limit = new CancellationTokenSource(WaitLimit);
        while (true)
        {
            var answer = await ask();
            if (isRight(answer)) return answer;
            Assert.That(limit.IsCancellationRequested, Is.False, $"The last answer was {answer}");
            await Task.Delay(AskAfter);
        }
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Host.DisposeAsync();
    }
}
