using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Local.FunctionsWorker;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class BlobReceiptTests
{
    private const string PoisonQueue = "webjobs-blobtrigger-poison";

    [Test]
    public async Task A_restart_does_not_run_a_blob_twice_but_a_rewritten_one_again()
    {
        var blobs = await BlobApp.Create();
        await blobs.Write("alice/one.json", "1");
        await blobs.Write("alice/two.json", "2");
        await using (await blobs.Start())
        {
            var first = new SortedSet<string> { await blobs.Next(), await blobs.Next() };
            Assert.That(string.Join(' ', first), Is.EqualTo("alice|one.json|1 alice|two.json|2"));
        }

        await blobs.Write("alice/two.json", "changed");
        await using var again = await blobs.Start();

        Assert.That(await blobs.Next(), Is.EqualTo("alice|two.json|changed"));
        await blobs.Write("alice/two.json", "changed again");
        Assert.That(await blobs.Next(), Is.EqualTo("alice|two.json|changed again"));
    }

    [Test]
    public async Task After_five_tries_a_blob_is_reported_to_the_poison_queue_and_left()
    {
        var blobs = await BlobApp.Create();
        blobs.Work = () => throw new InvalidOperationException("no luck");
        await blobs.Write("alice/bad.json", "x");
        var version = (await blobs.Manifests.GetBlobClient("alice/bad.json").GetPropertiesAsync()).Value.ETag;
        string report;
        await using (await blobs.Start()) report = await Poison.First(blobs.Account, PoisonQueue);

        Assert.That(blobs.Runs, Is.EqualTo(5));
        Assert.That(JsonNode.DeepEquals(JsonNode.Parse(Convert.FromBase64String(report)), new JsonObject
        {
            ["Type"] = "BlobTrigger",
            ["FunctionId"] = "Host.Functions.Ingest",
            ["BlobType"] = "BlockBlob",
            ["ContainerName"] = "manifests",
            ["BlobName"] = "alice/bad.json",
            ["ETag"] = version.ToString("H"),
        }));
        await blobs.Write("alice/good.json", "1");
        blobs.Work = () => Task.CompletedTask;
        await using (await blobs.Start()) await Eventually.True(() => Task.FromResult(blobs.Runs > 5), "the good one runs");
        Assert.That(blobs.Runs, Is.EqualTo(6), "the bad one is not tried again");
    }

    [Test]
    public async Task A_blob_whose_tries_took_the_process_down_is_not_tried_again()
    {
        var blobs = await BlobApp.Create();
        await blobs.Write("alice/deadly.json", "x");
        await Receipt(blobs, "alice/deadly.json", tries: 5);

        await using (await blobs.Start()) await Poison.First(blobs.Account, PoisonQueue);

        Assert.That(blobs.Runs, Is.Zero);
    }

    [Test]
    public async Task A_blob_that_another_host_claimed_runs_here_once_that_claim_has_ended()
    {
        var blobs = await BlobApp.Create();
        await blobs.Write("alice/one.json", "1");
        var theirs = (await Receipt(blobs, "alice/one.json", tries: 1)).GetBlobLeaseClient();
        await theirs.AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration);
        await using var app = await blobs.Start();
        await Task.Delay(BlobApp.Times.BlobPolling * 5);
        Assert.That(blobs.Runs, Is.Zero);

        await theirs.ReleaseAsync();

        Assert.That(await blobs.Next(), Is.EqualTo("alice|one.json|1"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_blob_that_changed_since_it_was_listed_is_left_to_the_next_listing(bool isRewritten)
    {
        var blobs = await BlobApp.Create();
        await using var app = await blobs.Start(setup => setup with { Times = new HostTimes { BlobPolling = TimeSpan.FromHours(1) } });
        // Of a name that the listener leaves to the test.
        await blobs.Write("unmatched.json", "1");
        var listed = await blobs.Manifests.GetBlobsAsync().FirstAsync();
        if (isRewritten) await blobs.Write("unmatched.json", "changed");
        else await blobs.Manifests.DeleteBlobAsync("unmatched.json");

        var function = app.Services.GetRequiredService<IReadOnlyList<Function>>().Single();
        var isDone = await app.Services.GetRequiredService<BlobFlow>().Process(function, listed, new Dictionary<string, string>());

        Assert.That((isDone, blobs.Runs), Is.EqualTo((false, 0)));
    }

    [Test]
    public async Task A_try_that_the_end_of_the_host_cut_off_counts()
    {
        var blobs = await BlobApp.Create();
        var deaf = new TaskCompletionSource();
        blobs.Work = () => deaf.Task;
        await blobs.Write("alice/one.json", "1");
        var shortGrace = BlobApp.Times with { ShutdownGrace = TimeSpan.FromMilliseconds(200) };
        await using (var app = await blobs.Start(setup => setup with { Times = shortGrace }))
        {
            await blobs.Next();
            await app.Stop();
            deaf.SetResult();
        }

        var receipts = new BlobContainerClient(blobs.Account, "azure-webjobs-hosts");
        var receipt = await receipts.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }).FirstAsync();
        Assert.That((receipt.Metadata["Tries"], receipt.Metadata.ContainsKey("Complete")), Is.EqualTo(("1", false)));
    }

    private static async Task<BlobClient> Receipt(BlobApp blobs, string name, int tries)
    {
        var hosts = new BlobContainerClient(blobs.Account, "azure-webjobs-hosts");
        await hosts.CreateAsync();
        var properties = await blobs.Manifests.GetBlobClient(name).GetPropertiesAsync();
        var version = BlobVersion.Of(properties.Value.ETag).Value;
        var receipt = hosts.GetBlobClient($"blobreceipts/tests/Host.Functions.Ingest/{version}/manifests/{name}");
        await receipt.UploadAsync(BinaryData.FromString(""));
        await receipt.SetMetadataAsync(new Dictionary<string, string> { ["Tries"] = $"{tries}" });
        return receipt;
    }
}
