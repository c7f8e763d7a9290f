using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Local.FunctionsWorker;
using Local.Up;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class OutageTests
{
    [Test]
    public async Task A_queue_listener_survives_an_outage_at_start_and_one_later()
    {
        var account = Storage.NewAccount();
        var (proxy, behindProxy) = Proxied(account, "Queue");
        await using var _ = proxy;
        var queue = new QueueClient(account, "images", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await queue.CreateAsync();
        var seen = new Seen<string>();
        await using var app = await Start<Work>(behindProxy, seen);

        for (var outage = 1; outage <= 2; outage++)
        {
            await queue.SendMessageAsync($"after outage {outage}");
            await Task.Delay(300);
            Assert.That(seen.Count, Is.EqualTo(outage - 1));
            proxy.Mend();
            Assert.That(await seen.Next(), Is.EqualTo($"after outage {outage}"));
            await proxy.Cut();
        }
    }

    [Test]
    public async Task A_blob_listener_survives_an_outage_at_start_and_one_later()
    {
        var account = Storage.NewAccount();
        var (proxy, behindProxy) = Proxied(account, "Blob");
        await using var _ = proxy;
        var container = new BlobContainerClient(account, "manifests");
        await container.CreateAsync();
        var seen = new Seen<string>();
        await using var app = await Start<Ingest>(behindProxy, seen);

        for (var outage = 1; outage <= 2; outage++)
        {
            await container.UploadBlobAsync($"{outage}", BinaryData.FromString("x"));
            await Task.Delay(300);
            Assert.That(seen.Count, Is.EqualTo(outage - 1));
            proxy.Mend();
            Assert.That(await seen.Next(), Is.EqualTo($"{outage}"));
            await proxy.Cut();
        }
    }

    [Test]
    public async Task A_timer_survives_an_outage_at_start()
    {
        var (proxy, behindProxy) = Proxied(Storage.NewAccount(), "Blob");
        await using var _ = proxy;
        var seen = new Seen<string>();
        await using var app = await Start<Tick>(behindProxy, seen);

        await Task.Delay(300);
        proxy.Mend();

        Assert.That(await seen.Next(), Is.EqualTo("tick"));
    }

    /// <summary>A way to one service of the account, cut until it is mended.</summary>
    internal static (TcpProxy Proxy, string Account) Proxied(string account, string service)
    {
        var endpoint = Endpoint(service).Match(account);
        var port = FreePorts.Find();
        var proxy = new TcpProxy(port, int.Parse(endpoint.Groups[2].Value, null));
        return (proxy, account.Replace(endpoint.Value, $"{endpoint.Groups[1].Value}{port}", StringComparison.Ordinal));
    }

    private static Regex Endpoint(string service) => new($"({service}Endpoint=http://127.0.0.1:)([0-9]+)");

    private static Task<LocalApp> Start<T>(string account, Seen<string> seen) => LocalApp.Start(
        [typeof(T)],
        builder => builder.Services.AddSingleton(seen),
        setup => setup with
        {
            Times = new HostTimes { BlobPolling = TimeSpan.FromMilliseconds(100), BlobLeaseRenewal = TimeSpan.FromMilliseconds(200) },
        },
        """{ "version": "2.0", "extensions": { "queues": { "maxPollingInterval": "00:00:00.2" } } }""",
        settings: ("AzureWebJobsStorage", account));

    private sealed class Work(Seen<string> seen)
    {
        [Function("Work")]
        public void Run([QueueTrigger("images")] string text) => seen.Add(text);
    }

    private sealed class Ingest(Seen<string> seen)
    {
        [Function("Ingest")]
        public void Run([BlobTrigger("manifests/{name}")] BlobClient blob) => seen.Add(blob.Name);
    }

    private sealed class Tick(Seen<string> seen)
    {
        [Function("Tick")]
        public void Run([TimerTrigger("* * * * * *")] TimerInfo timer) => seen.Add(timer.IsPastDue ? "past due" : "tick");
    }
}
