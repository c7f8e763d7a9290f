using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Tests.Jobs;

/// <summary>When the sweeper looks at a job again, against real storage.</summary>
public sealed class ResendJobTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");
    private static readonly JobOptions Options = new() { ResendAfter = TimeSpan.FromMinutes(2) };

    private Ledger ledger = null!;
    private ResendJob resend = null!;

    [SetUp]
    public async Task Open_an_account()
    {
        var storage = Tests.Storage.NewAccount();
        var tables = new TableServiceClient(storage);
        var blobs = new BlobServiceClient(storage);
        var queues = new QueueServiceClient(storage);
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        await blobs.CreateBlobContainerAsync(StorageNames.OutputsContainer);
        await queues.CreateQueueAsync(StorageNames.StandardQueue);

        ledger = new Ledger(tables, TimeProvider.System, Random.Shared);
        var jobs = new JobTable(tables, new JobRow(Catalogue.Load()));
        var images = new ImageStore(
            new HttpClient(), blobs, Catalogue.Load(), new ImageApiOptions { Key = "none" }, new OutputOptions(), TimeProvider.System);
        var finish = new FinishJob(ledger, jobs, Catalogue.Load(), TimeProvider.System);
        resend = new ResendJob(
            jobs, new JobQueues(queues), new EndIdleJob(finish, images, Options, NullLogger<EndIdleJob>.Instance), Options,
            TimeProvider.System);
        await ledger.Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);
    }

    [TestCase(null, 120)]
    [TestCase(300, 120)]
    [TestCase(60, 60)]
    public void A_new_job_is_looked_at_when_a_message_might_be_lost_or_its_time_is_past(int? startBefore, int seconds)
    {
        var job = NewJob(startBefore);

        Assert.That(ResendJob.FirstLook(job, job.CreatedAt, Options), Is.EqualTo(job.CreatedAt.AddSeconds(seconds)));
    }

    [TestCase(null, 480)]
    [TestCase(200, 200)]
    public async Task It_is_looked_at_again_twice_as_late_but_no_later_than_it_must_have_begun(int? startBefore, int seconds)
    {
        var job = NewJob(startBefore);
        await ledger.Commit(Account, balance => AcceptJob.Hold(balance, job, job.CreatedAt), default);

        var look = await resend.Look(OpenHold.New(Account, job.Id.Value, 4, job.CreatedAt) with { Sweeps = 1 }, default);

        Assert.That(look!.Value.Sent, Is.True);
        Assert.That(look.Value.LookAgain, Is.EqualTo(job.CreatedAt.AddSeconds(seconds)).Within(TimeSpan.FromSeconds(30)));
    }

    private static Job NewJob(int? startBefore)
    {
        var now = DateTimeOffset.UtcNow;
        var request = new JobRequest
        {
            Prompt = "A cat",
            Model = Catalogue.Load().Default,
            StartBefore = startBefore is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        return Pipeline.Jobs.NewJob.From(Account, JobId.New(now), request, null, now);
    }
}
