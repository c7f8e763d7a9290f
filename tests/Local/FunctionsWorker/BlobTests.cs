using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class BlobTests
{
    [Test]
    public async Task A_blob_runs_the_function_with_the_parts_of_its_path()
    {
        var blobs = await BlobApp.Create();
        await using var app = await blobs.Start();

        await blobs.Write("alice/one.json", "1");

        Assert.That(await blobs.Next(), Is.EqualTo("alice|one.json|1"));
    }

    [Test]
    public async Task The_first_parameter_of_a_path_takes_what_it_can_as_on_the_real_host()
    {
        var blobs = await BlobApp.Create();
        await using var app = await blobs.Start();

        await blobs.Write("alice/2026/11/one.json", "1");

        Assert.That(await blobs.Next(), Is.EqualTo("alice/2026/11|one.json|1"));
    }

    [Test]
    public async Task A_listing_of_several_pages_is_read_to_its_end()
    {
        var blobs = await BlobApp.Create();
        for (var i = 0; i < 5; i++) await blobs.Write($"alice/{i}.json", "x");

        await using var app = await blobs.Start(setup => setup with { BlobPageSize = 2 });

        Assert.That(await blobs.NextNames(5), Is.Unique);
    }

    [Test]
    public async Task No_more_blobs_are_in_work_at_once_than_host_json_allows()
    {
        var blobs = await BlobApp.Create();
        int inWork = 0, most = 0;
        var gate = new SemaphoreSlim(0);
        blobs.Work = async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inWork));
            await gate.WaitAsync();
            Interlocked.Decrement(ref inWork);
        };
        for (var i = 0; i < 6; i++) await blobs.Write($"alice/{i}.json", "x");

        var hostJson = """{ "version": "2.0", "extensions": { "blobs": { "maxDegreeOfParallelism": 2 } } }""";

        await using var app = await blobs.Start(hostJson: hostJson);
        for (var i = 0; i < 2; i++) await blobs.Next();
        await Task.Delay(BlobApp.Times.BlobPolling * 5);
        Assert.That(most, Is.EqualTo(2));

        gate.Release(6);
        for (var i = 0; i < 4; i++) await blobs.Next();
    }

    [Test]
    public async Task Of_two_hosts_one_runs_a_blob()
    {
        var blobs = await BlobApp.Create();
        await using (await blobs.Start())
        await using (await blobs.Start())
        {
            for (var i = 0; i < 5; i++) await blobs.Write($"alice/{i}.json", "x");
            Assert.That(await blobs.NextNames(5), Is.Unique);
        }

        Assert.That(blobs.Runs, Is.EqualTo(5));
    }

    [Test]
    public async Task A_container_that_is_made_later_is_listened_to_and_a_blob_binds_to_text_stream_and_bytes()
    {
        var account = Storage.NewAccount();
        var seen = new Seen<string>();
        await using var app = await LocalApp.Start(
            [typeof(Bindings)],
            builder => builder.Services.AddSingleton(seen),
            setup => setup with { Times = BlobApp.Times },
            settings: [("AzureWebJobsStorage", account), ("Container", "other")]);

        var other = new BlobContainerClient(account, "other");
        await other.CreateAsync();
        foreach (var kind in new[] { "text", "stream", "bytes" })
        {
            await other.UploadBlobAsync($"{kind}/x", BinaryData.FromString(kind));
            Assert.That(await seen.Next(), Is.EqualTo($"{kind} as {kind}"));
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
