using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Messages;
using Pipeline.Storage;

namespace Pipeline.Tests.Jobs;

/// <summary>When the sweeper looks at a job again, against real storage.</summary>
public sealed class ResendJobTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");
    private static readonly IdleLanes Busy = new([new Lane(IsLarge: true, IsBulk: false)]);
    private static readonly JobOptions Options = new() { ResendAfter = TimeSpan.FromMinutes(2) };

    private Ledger ledger = null!;
    private ResendJob resend = null!;
    private QueueClient lane = null!;

    [SetUp]
    public async Task Open_an_account()
    {
        var storage = Tests.Storage.NewAccount();
        var tables = new TableServiceClient(storage);
        var blobs = new BlobServiceClient(storage);
        var queues = new QueueServiceClient(storage);
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        await blobs.CreateBlobContainerAsync(StorageNames.OutputsContainer);
        lane = await queues.CreateQueueAsync(StorageNames.StandardQueue);

        ledger = new Ledger(tables, TimeProvider.System, Random.Shared, NullLogger<Ledger>.Instance);
        var jobs = new JobTable(tables, new JobRow(Catalogue.Load()));
        var images = new ImageStore(
            new HttpClient(), blobs, Catalogue.Load(), new ImageApiOptions { Key = "none" }, new OutputOptions(), TimeProvider.System);
        var finish = new FinishJob(ledger, Tests.Messages.Of(storage), jobs, Catalogue.Load(), TimeProvider.System);
        resend = new ResendJob(
            jobs, new JobQueues(new MessageQueues(queues, TimeProvider.System)),
            new EndIdleJob(finish, images, Options, NullLogger<EndIdleJob>.Instance), Options, TimeProvider.System);
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

    [TestCase(0, null, false, 240)]
    [TestCase(1, null, false, 480)]
    [TestCase(2, null, true, 960)]
    [TestCase(9, null, true, 3600)]
    [TestCase(1, 200, false, 200)]
    public async Task In_a_backlog_it_is_looked_at_ever_less_often_but_no_later_than_it_must_have_begun(
        int left, int? startBefore, bool sent, int seconds)
    {
        var (resumed, next) = await Look(NewJob(startBefore), left, Busy);

        Assert.That((resumed, next.Left), Is.EqualTo((sent, left + 1)));
        Assert.That(next.Due, Is.EqualTo(DateTimeOffset.UtcNow.AddSeconds(seconds)).Within(TimeSpan.FromSeconds(30)));
        Assert.That(await Messages(), Is.EqualTo(sent ? 1 : 0));
    }

    [Test]
    public async Task In_an_idle_lane_it_gets_a_message_at_once_however_long_it_was_left()
    {
        var (resumed, next) = await Look(NewJob(null), left: 9, new IdleLanes([new Lane(IsLarge: false, IsBulk: false)]));

        Assert.That((resumed, next.Left), Is.EqualTo((true, 0)));
        Assert.That(next.Due, Is.EqualTo(DateTimeOffset.UtcNow.AddSeconds(120)).Within(TimeSpan.FromSeconds(30)));
        Assert.That(await Messages(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_job_whose_worker_is_gone_gets_a_message_also_in_a_backlog()
    {
        var lapsed = NewJob(null) with
        {
            Status = JobStatus.Running,
            Attempts = 1,
            Claim = "gone",
            LeaseUntil = DateTimeOffset.UtcNow.AddSeconds(-1),
        };

        Assert.That((await Look(lapsed, left: 0, Busy)).Resumed, Is.True);
        Assert.That(await Messages(), Is.EqualTo(1));
    }

    private async Task<(bool Resumed, OpenHold Next)> Look(Job job, int left, IdleLanes idle)
    {
        await ledger.Commit(Account, books => AcceptJob.Hold(books, job, job.CreatedAt), default);
        return (await resend.Look(OpenHold.New(Account, job.Id.Value, 4, job.CreatedAt) with { Left = left }, idle, default))!.Value;
    }

    private async Task<int> Messages() => (await lane.GetPropertiesAsync()).Value.ApproximateMessagesCount;

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
