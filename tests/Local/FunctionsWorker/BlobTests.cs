using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Local.FunctionsWorker;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class BlobTests
{
    private static readonly HostTimes Times = new() { BlobPolling = TimeSpan.FromMilliseconds(100) };

    private Seen<string> seen = new();
    private int taken;
    private string account = "";
    private BlobContainerClient manifests = null!;
    private Func<string, Task> work = _ => Task.CompletedTask;

    [SetUp]
    public async Task CreateContainer()
    {
        seen = new Seen<string>();
        taken = 0;
        account = Storage.NewAccount();
        manifests = new BlobContainerClient(account, "manifests");
        await manifests.CreateAsync();
        work = _ => Task.CompletedTask;
    }

    [TearDown]
    public void Nothing_is_left_unexpected() => Assert.That(seen.Count, Is.EqualTo(taken), "runs that the test did not expect");

    [Test]
    public async Task A_blob_runs_the_function_with_the_parts_of_its_path()
    {
        await using var app = await Start<Ingest>();

        await Write("alice/one.json", "1");

        Assert.That(await Next(), Is.EqualTo("alice|one.json|1"));
    }

    [Test]
    public async Task The_first_parameter_of_a_path_takes_what_it_can_as_on_the_real_host()
    {
        await using var app = await Start<Ingest>();

        await Write("alice/2026/11/one.json", "1");

        Assert.That(await Next(), Is.EqualTo("alice/2026/11|one.json|1"));
    }

    [Test]
    public async Task A_restart_does_not_run_a_blob_twice_but_a_rewritten_one_again()
    {
        await Write("alice/one.json", "1");
        await Write("alice/two.json", "2");
        await using (await Start<Ingest>())
        {
            var first = new SortedSet<string> { await Next(), await Next() };
            Assert.That(string.Join(' ', first), Is.EqualTo("alice|one.json|1 alice|two.json|2"));
        }

        await Write("alice/two.json", "changed");
        await using var again = await Start<Ingest>();

        Assert.That(await Next(), Is.EqualTo("alice|two.json|changed"));
        await Write("alice/two.json", "changed again");
        Assert.That(await Next(), Is.EqualTo("alice|two.json|changed again"));
    }

    [Test]
    public async Task After_five_tries_a_blob_is_reported_to_the_poison_queue_and_left()
    {
        work = _ => throw new InvalidOperationException("no luck");
        await Write("alice/bad.json", "x");
        var poison = new QueueClient(account, "webjobs-blobtrigger-poison", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await using (await Start<Ingest>())
        {
            for (var i = 0; i < 5; i++) await Next();
            await Eventually.True(async () => await poison.ExistsAsync() && (await poison.PeekMessageAsync()).Value is not null, "it is reported");
        }

        var report = JsonDocument.Parse((await poison.PeekMessageAsync()).Value.Body).RootElement;
        Assert.That(
            (report.GetProperty("FunctionId").GetString(), report.GetProperty("BlobType").GetString(), report.GetProperty("ContainerName").GetString(),
                report.GetProperty("BlobName").GetString(), report.GetProperty("ETag").GetString()),
            Is.EqualTo(("Host.Functions.Ingest", "BlockBlob", "manifests", "alice/bad.json", (await Version("alice/bad.json")).ToString("H"))));
        work = _ => Task.CompletedTask;
        await using var again = await Start<Ingest>();
        await Write("alice/good.json", "1");
        Assert.That(await Next(), Is.EqualTo("alice|good.json|1"), "the bad one is not tried again");
    }

    [Test]
    public async Task A_blob_whose_tries_took_the_process_down_is_not_tried_again()
    {
        await Write("alice/deadly.json", "x");
        await LeaveReceipt("alice/deadly.json", tries: 5);
        var poison = new QueueClient(account, "webjobs-blobtrigger-poison");

        await using var app = await Start<Ingest>();

        await Eventually.True(async () => await poison.ExistsAsync() && (await poison.PeekMessageAsync()).Value is not null, "it is reported");
    }

    [Test]
    public async Task A_listing_of_several_pages_is_read_to_its_end()
    {
        for (var i = 0; i < 5; i++) await Write($"alice/{i}.json", "x");

        await using var app = await Start<Ingest>(setup => setup with { BlobPageSize = 2 });

        var names = new List<string>();
        for (var i = 0; i < 5; i++) names.Add((await Next()).Split('|')[1]);
        Assert.That(names, Is.Unique);
    }

    [Test]
    public async Task No_more_blobs_are_in_work_at_once_than_host_json_allows()
    {
        int inWork = 0, most = 0;
        var gate = new SemaphoreSlim(0);
        work = async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inWork));
            await gate.WaitAsync();
            Interlocked.Decrement(ref inWork);
        };
        for (var i = 0; i < 6; i++) await Write($"alice/{i}.json", "x");

        await using var app = await Start<Ingest>(hostJson: """{ "version": "2.0", "extensions": { "blobs": { "maxDegreeOfParallelism": 2 } } }""");
        for (var i = 0; i < 2; i++) await Next();
        for (var i = 0; i < 4; i++)
        {
            gate.Release();
            await Next();
        }

        gate.Release(2);
        Assert.That(most, Is.EqualTo(2));
    }

    [Test]
    public async Task Of_two_hosts_one_runs_a_blob()
    {
        await using var one = await Start<Ingest>();
        await using var two = await Start<Ingest>();

        for (var i = 0; i < 5; i++) await Write($"alice/{i}.json", "x");

        var names = new List<string>();
        for (var i = 0; i < 5; i++) names.Add((await Next()).Split('|')[1]);
        Assert.That(names, Is.Unique);
    }

    [Test]
    public async Task A_container_that_is_made_later_is_listened_to_and_a_blob_binds_to_text_stream_and_bytes()
    {
        await manifests.DeleteAsync();
        var other = new BlobContainerClient(account, "other");
        await using var app = await Start<Bindings>(settings: ("Container", "other"));

        await other.CreateAsync();
        foreach (var kind in new[] { "text", "stream", "bytes" })
        {
            await other.UploadBlobAsync($"{kind}/x", BinaryData.FromString(kind));
            Assert.That(await Next(), Is.EqualTo($"{kind} as {kind}"));
        }
    }

    private async Task<string> Next()
    {
        taken++;
        return await seen.Next();
    }

    private async Task Write(string name, string content) =>
        await manifests.GetBlobClient(name).UploadAsync(BinaryData.FromString(content), overwrite: true);

    private async Task<ETag> Version(string name) => (await manifests.GetBlobClient(name).GetPropertiesAsync()).Value.ETag;

    private async Task LeaveReceipt(string name, int tries)
    {
        var hosts = new BlobContainerClient(account, "azure-webjobs-hosts");
        await hosts.CreateAsync();
        var receipt = hosts.GetBlobClient($"blobreceipts/tests/Host.Functions.Ingest/{(await Version(name)).ToString("G").Trim('"')}/manifests/{name}");
        await receipt.UploadAsync(BinaryData.FromString(""));
        await receipt.SetMetadataAsync(new Dictionary<string, string> { ["Tries"] = $"{tries}" });
    }

    private Task<LocalApp> Start<T>(
        Func<HostSetup, HostSetup>? setup = null, string hostJson = """{ "version": "2.0" }""", params IReadOnlyList<(string, string?)> settings) =>
        LocalApp.Start(
            [typeof(T)],
            builder => builder.Services.AddSingleton(seen).AddSingleton(work),
            plain => (setup?.Invoke(plain) ?? plain) with { Times = Times },
            hostJson,
            settings: [("AzureWebJobsStorage", account), .. settings]);

    private sealed class Ingest(Seen<string> seen, Func<string, Task> work)
    {
        [Function("Ingest")]
        public async Task Run(
            [BlobTrigger("manifests/{account}/{name}", Source = BlobTriggerSource.EventGrid)] BlobClient blob, string account, string name,
            CancellationToken cancel)
        {
            var content = await blob.DownloadContentAsync(cancel);
            seen.Add($"{account}|{name}|{content.Value.Content}");
            await work(name);
        }
    }

    private sealed class Bindings(Seen<string> seen)
    {
        [Function("Text")]
        public void Text([BlobTrigger("%Container%/text/{name}")] string text) => seen.Add($"{text} as text");

        [Function("Bytes")]
        public void Bytes([BlobTrigger("%Container%/bytes/{name}")] BinaryData bytes) => seen.Add($"{bytes} as bytes");

        [Function("Stream")]
        public async Task Stream([BlobTrigger("%Container%/stream/{name}")] Stream stream, CancellationToken cancel)
        {
            using var reader = new StreamReader(stream);
            seen.Add($"{await reader.ReadToEndAsync(cancel)} as stream");
        }
    }
}
