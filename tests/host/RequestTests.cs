using System.Net.Http.Headers;
using Pipeline.HostTests.Host.Rpc;

namespace Pipeline.HostTests;

/// <summary>Requests that a host in between might hand on in another way.</summary>
public sealed class RequestTests
{
    private DeployedApp app = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await DeployedApp.Start();

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task A_client_that_leaves_is_no_error()
    {
        var (_, key) = await app.NewAccount();
        var before = app.Host.Channel.Logs.Count;
        using var leave = new CancellationTokenSource(700);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Host.Url, "v1/jobs"))
        {
            Content = DeployedApp.JsonContent(new { prompt = "A fox [[slow:5]]", model = "4k" }),
            Headers = { { "Prefer", "wait=30" } },
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);

        Assert.That(async () => await http.SendAsync(request, leave.Token), Throws.InstanceOf<OperationCanceledException>());

        await Task.Delay(2000);
        Assert.That(app.Host.Channel.Logs.Skip(before).Where(log => log.Level >= RpcLog.Types.Level.Error), Is.Empty);
    }

    [TestCase("PUT", "v1/presets/caf%C3%A9", 400)]
    [TestCase("PUT", "v1/presets/a%2Fb", 400)]
    [TestCase("PUT", "v1/presets/good", 201)]
    [TestCase("GET", "v1/presets/%20", 404)]
    [TestCase("GET", "v1/jobs/", 200)]
    [TestCase("GET", "V1/JOBS", 200)]
    [TestCase("DELETE", "v1/webhook", 404)]
    [TestCase("GET", "v1", 404)]
    public async Task Paths_mean_the_same_to_the_host_and_to_the_worker(string method, string path, int status)
    {
        var (_, key) = await app.NewAccount();
        using var content = method == "PUT" ? DeployedApp.JsonContent(new { model = "512" }) : null;

        using var answer = await app.Send(new HttpMethod(method), path, content, key);

        Assert.That((int)answer.StatusCode, Is.EqualTo(status), await answer.Content.ReadAsStringAsync());
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Does.EndWith("json"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_reference_is_uploaded(bool isChunked)
    {
        var (_, key) = await app.NewAccount();
        var png = Convert.FromBase64String(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==");
        using var content = isChunked ? (HttpContent)new StreamContent(new Unsized(png)) : new ByteArrayContent(png);
        content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        using var answer = await app.Send(HttpMethod.Post, "v1/references", content, key);
        Assert.That((int)answer.StatusCode, Is.EqualTo(201), await answer.Content.ReadAsStringAsync());
    }

    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    [TestCase("v1/manifests", 209_800_000, true, 413)]
    [TestCase("v1/jobs", 150_000_000, true, 413)]
    [TestCase("v1/references", 60_000_000, true, 413)]
    [TestCase("v1/jobs", 60_000_000, false, 401)]
    public async Task A_body_that_is_not_read_is_answered_all_the_same(string path, int length, bool hasKey, int status)
    {
        var (_, key) = await app.NewAccount();
        using var content = new ByteArrayContent(new byte[length]);
        content.Headers.ContentType = new MediaTypeHeaderValue(path == "v1/references" ? "image/png" : "application/json");

        using var answer = await app.Send(HttpMethod.Post, path, content, hasKey ? key : "nb_wrong");

        Assert.That((int)answer.StatusCode, Is.EqualTo(status), await answer.Content.ReadAsStringAsync());
    }
}
