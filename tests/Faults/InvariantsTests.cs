using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.Jobs;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>What the fault suite looks for it also finds: each thing that must not be is brought about by hand, and is named.</summary>
public sealed class InvariantsTests
{
    private App app = null!;
    private Account account = null!;
    private Job job = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await App.Start();

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [SetUp]
    public async Task A_job_that_is_done()
    {
        account = await app.NewAccount(credits: 100);
        var id = (await account.Run(new { prompt = "A red fox in the snow", model = "512", num = 2 })).GetProperty("id").GetString()!;
        job = (await Invariants.Hold(account, id)).Single();
    }

    [Test]
    public Task A_job_that_was_accepted_and_is_not_there() => IsFound("job_none was accepted and has no row", "job_none");

    [Test]
    public async Task A_job_that_is_not_done()
    {
        var id = await account.HoldWithoutMessage(job.Request);

        var (_, faults) = await Invariants.Look(account, id);

        Assert.That(faults, Is.EquivalentTo(new[] { $"{id} is Queued", $"{id} holds 8 credits", $"open~{id} is open" }));
    }

    [Test]
    public async Task A_job_that_paid_for_an_image_that_it_does_not_have()
    {
        await Change(job.Id.RowKey, ("Images", "[]"));
        await IsFound("paid 8 credits for 0 images, which are 0");
    }

    [Test]
    public async Task A_hold_that_was_settled_twice()
    {
        var capture = await Ledger.GetEntityAsync<TableEntity>(account.Id, "entry~000000000003");
        capture.Value.RowKey = "entry~000000000004";
        await Ledger.AddEntityAsync(capture.Value);
        await IsFound("Capture of 8 and 8 credits instead of 8");
    }

    [Test]
    public async Task A_gap_between_entries()
    {
        await Ledger.DeleteEntityAsync(account.Id, "entry~000000000002");
        await IsFound("Entry 3 is in place 2");
    }

    [Test]
    public async Task An_image_that_is_gone()
    {
        await Outputs.DeleteBlobAsync(job.Images[0].Blob);
        await IsFound($"{job.Images[0].Blob} is not there");
    }

    [Test]
    public async Task An_image_that_is_another_one_of_the_same_length()
    {
        var blob = Outputs.GetBlobClient(job.Images[1].Blob);
        await blob.UploadAsync(BinaryData.FromBytes(new byte[job.Images[1].Bytes]), new BlobUploadOptions());
        await IsFound($"{blob.Name} has the hash");
    }

    [Test]
    public async Task An_image_that_is_cut_short()
    {
        var blob = Outputs.GetBlobClient(job.Images[1].Blob);
        await blob.UploadAsync(BinaryData.FromBytes(new byte[10]), new BlobUploadOptions());
        await IsFound($"{blob.Name} has 10 bytes instead of {job.Images[1].Bytes}");
    }

    [Test]
    public async Task An_image_that_nobody_paid_for()
    {
        await Outputs.UploadBlobAsync($"{job.Folder}2.png", BinaryData.FromString("x"));
        // What is noted beside an image that was paid for.
        await Outputs.GetBlobClient($"{job.Folder}1.json").UploadAsync(BinaryData.FromString("{}"), overwrite: true);
        await IsFound($"{job.Folder}2.png is there and nobody paid for it");
    }

    [Test]
    public async Task An_end_that_is_not_told()
    {
        await Ledger.DeleteEntityAsync(account.Id, "event~000000000001");
        await IsFound($"{job.Id} is Succeeded and told as ''");
    }

    [Test]
    public async Task An_end_that_is_told_twice()
    {
        var told = await Ledger.GetEntityAsync<TableEntity>(account.Id, "event~000000000001");
        told.Value.RowKey = "event~000000000002";
        await Ledger.AddEntityAsync(told.Value);
        await IsFound($"{job.Id} is Succeeded and told as 'job.succeeded and job.succeeded'");
    }

    private BlobContainerClient Outputs => new BlobServiceClient(app.Storage).GetBlobContainerClient("outputs");

    private TableClient Ledger => new TableServiceClient(app.Storage).GetTableClient("ledger");

    private async Task Change(string row, params (string Name, object Value)[] values)
    {
        var change = new TableEntity(account.Id, row);
        foreach (var (name, value) in values) change[name] = value;
        await Ledger.UpdateEntityAsync(change, ETag.All);
    }

    /// <summary>Something in the account is so; nothing else may be wrong but what follows from it.</summary>
    private async Task IsFound(string fault, params IEnumerable<string> accepted)
    {
        var (_, faults) = await Invariants.Look(account, accepted);
        Assert.That(faults, Has.Some.Contains(fault));
    }
}
