using System.Net;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Pipeline.HostTests.Host;
using Pipeline.HostTests.Host.Rpc;

namespace Pipeline.HostTests;

/// <summary>Queues, blobs and timers, as the host's extensions trigger them.</summary>
public sealed class TriggerTests
{
    private static readonly QueueClientOptions Base64 = new() { MessageEncoding = QueueMessageEncoding.Base64 };

    private DeployedApp app = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await DeployedApp.Start();

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task A_manifest_that_is_posted_runs()
    {
        var (_, key) = await app.NewAccount();
        using var content = new StringContent(
            """
            { "manifest": { "name": "cats", "defaults": { "model": "512" } } }
            { "prompt": "A {animal} asleep", "matrix": { "animal": ["cat", "kitten"] } }
            """, Encoding.UTF8, "application/x-ndjson");
        using var posted = await app.Send(HttpMethod.Post, "v1/manifests", content, key);
        var id = (await DeployedApp.Json(posted, 202)).GetProperty("id").GetString();

        var done = await Ended($"v1/manifests/{id}", key);

        Assert.That(done.GetProperty("status").GetString(), Is.EqualTo("completed"), done.ToString());
    }

    [TestCase("")]
    [TestCase(" with blänks & ünïcode #1")]
    public async Task A_file_that_is_dropped_runs(string suffix)
    {
        var (account, key) = await app.NewAccount();
        var name = $"{account}/drop{suffix}.jsonl";
        var container = new BlobContainerClient(app.Storage, "manifests");
        await container.GetBlobClient(name).UploadAsync(BinaryData.FromString("""{ "prompt": "A dropped cat", "model": "512" }"""));

        var result = await BlobEvent(name);

        Assert.That(result.Status, Is.EqualTo(StatusResult.Types.Status.Success), result.ToString());
        var list = await DeployedApp.Until(
            () => app.GetJson("v1/manifests", key), found => found.GetProperty("data").GetArrayLength() == 1);
        var done = await Ended($"v1/manifests/{list.GetProperty("data")[0].GetProperty("id").GetString()}", key);
        Assert.That(done.GetProperty("status").GetString(), Is.EqualTo("completed"), done.ToString());
    }

    [Test]
    public async Task A_file_that_is_gone_does_no_harm()
    {
        var (account, _) = await app.NewAccount();
        Assert.That((await BlobEvent($"{account}/gone.jsonl")).Status, Is.EqualTo(StatusResult.Types.Status.Success));
        Assert.That((await BlobEvent("nobody/gone.jsonl")).Status, Is.EqualTo(StatusResult.Types.Status.Success));
    }

    [TestCase("Sweep")]
    [TestCase("AuditAccounts")]
    [TestCase("ForgetEvents")]
    [TestCase("ForgetKeys")]
    public async Task Timers_run(string name)
    {
        await app.NewAccount();
        var function = app.Host.Functions[name];

        var result = await app.Host.Invoke(function, request => TriggerData.AddTimer(request, function.Parameter));

        Assert.That(result.Status, Is.EqualTo(StatusResult.Types.Status.Success), result.ToString());
    }

    [TestCase("images-standard")]
    [TestCase("images-large")]
    [TestCase("images-standard-bulk")]
    [TestCase("images-large-bulk")]
    [TestCase("manifests-advance")]
    [TestCase("webhooks")]
    public async Task A_message_that_always_fails_is_given_up_after_five_deliveries_and_kept_for_the_operator(string queue)
    {
        var function = app.Host.Functions.Values.Single(one => one["queueName"] == queue);
        await new QueueClient(app.Storage, queue, Base64).SendMessageAsync("""{ "account": "acc_x", "job": "no id" }""");
        var poison = new QueueClient(app.Storage, queue + "-poison", Base64);
        await DeployedApp.Until(async () => (await poison.PeekMessagesAsync(1)).Value.Length, count => count == 1);

        using var swept = await app.Operator(HttpMethod.Post, "v1/operator/sweep");

        Assert.That((await DeployedApp.Json(swept, 200)).GetProperty("poisoned").GetInt32(), Is.EqualTo(1));
        using var listed = await app.Operator(HttpMethod.Get, "v1/operator/poison");
        Assert.That(await listed.Content.ReadAsStringAsync(), Does.Contain($"\"queue\":\"{queue}\""));
        var failures = app.Host.Channel.Logs.Count(log => log.Level == RpcLog.Types.Level.Error
            && log.Message.Contains($"'{function.Name}'", StringComparison.Ordinal));
        Assert.That(failures, Is.EqualTo(5));
    }

    [Test]
    public async Task A_webhook_is_called()
    {
        var bodies = new System.Collections.Concurrent.ConcurrentQueue<(string Body, string Id)>();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var receiver = builder.Build();
        receiver.MapPost("/hook", async http =>
            bodies.Enqueue((await new StreamReader(http.Request.Body).ReadToEndAsync(), http.Request.Headers["webhook-id"].ToString())));
        await receiver.StartAsync();
        var (_, key) = await app.NewAccount();
        using var saved = await app.Send(
            HttpMethod.Put, "v1/webhook", DeployedApp.JsonContent(new { url = $"{receiver.Urls.Single()}/hook" }), key);
        Assert.That((int)saved.StatusCode, Is.EqualTo(201), await saved.Content.ReadAsStringAsync());

        using var posted = await app.Post("v1/jobs", new { prompt = "A red fox", model = "512" }, key);
        await DeployedApp.Json(posted, 202);

        await DeployedApp.Until(() => Task.FromResult(bodies.Count), count => count == 1);
        Assert.That(JsonElement.Parse(bodies.Single().Body).GetProperty("type").GetString(), Is.EqualTo("job.succeeded"));
    }

    private Task<StatusResult> BlobEvent(string name)
    {
        var function = app.Host.Functions["ReceiveFile"];
        var uri = new BlobContainerClient(app.Storage, "manifests").GetBlobClient(name).Uri;
        return app.Host.Invoke(function, request => TriggerData.AddBlob(request, function, uri, "manifests", name));
    }

    private Task<JsonElement> Ended(string path, string key) => DeployedApp.Until(
        () => app.GetJson(path, key), found => found.GetProperty("status").GetString() is not ("validating" or "running"));
}
