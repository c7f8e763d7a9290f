using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Tests.Jobs;

/// <summary>A job's claim and end against real tables: who may work on it, and who may end it.</summary>
public sealed class ClaimTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");
    private static readonly JobOptions Options = new() { LeaseDuration = TimeSpan.FromMinutes(1) };

    private TableServiceClient tables = null!;
    private Ledger ledger = null!;
    private JobTable jobs = null!;
    private FinishJob finish = null!;
    private Job job = null!;

    [SetUp]
    public async Task Hold_a_job()
    {
        tables = new TableServiceClient(Tests.Storage.NewAccount());
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        ledger = new Ledger(tables, TimeProvider.System, Random.Shared);
        jobs = new JobTable(tables, new JobRow(Catalogue.Load()));
        finish = new FinishJob(ledger, jobs, TimeProvider.System);
        await ledger.Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);

        var request = new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Default, Num = 2 };
        var queued = NewJob.From(Account, JobId.New(DateTimeOffset.UtcNow), request, null, DateTimeOffset.UtcNow);
        await ledger.Commit(Account, balance => AcceptJob.Hold(balance, queued, DateTimeOffset.UtcNow), default);
        job = (await jobs.Read(Account, queued.Id, default))!;
    }

    [Test]
    public async Task Of_many_workers_that_claim_it_at_once_one_gets_it()
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Take(job)));

        Assert.That(claims.Count(claim => claim is not null), Is.EqualTo(1));
        foreach (var claim in claims.OfType<JobClaim>()) await claim.DisposeAsync();
    }

    [Test]
    public async Task A_claim_that_another_worker_took_over_is_lost_and_cannot_end_the_job()
    {
        await using var first = (await Take(job))!;
        await using var second = (await Take((await jobs.Read(Account, job.Id, default))!))!;

        var ended = await finish.End((await first.StopRenewing()) with { Status = JobStatus.Failed }, default);

        Assert.That(ended, Is.Null);
        Assert.That((await jobs.Read(Account, job.Id, default))!.Status, Is.EqualTo(JobStatus.Running));
        Assert.That((await ledger.Read(Account, default))!.Value.Held, Is.EqualTo(8));
    }

    [Test]
    public async Task A_renewal_whose_answer_was_lost_does_not_keep_its_worker_from_ending_the_job()
    {
        await using var claim = (await Take(job))!;
        var known = await claim.StopRenewing();
        await jobs.TryChange(known with { LeaseUntil = known.LeaseUntil + TimeSpan.FromMinutes(1) }, default);

        var ended = await finish.End(known with { Status = JobStatus.Failed }, default);

        Assert.That(ended, Is.Not.Null);
        Assert.That(await ledger.Read(Account, default), Is.EqualTo(new Balance(100, 100, 0, 0, Version: 3)));
    }

    [Test]
    public async Task A_job_is_ended_once()
    {
        await using var claim = (await Take(job))!;
        var known = await claim.StopRenewing();
        await finish.End(known with { Status = JobStatus.Succeeded, Images = [Image(0), Image(1)] }, default);

        var again = await finish.End(known with { Status = JobStatus.Failed }, default);

        Assert.That(again, Is.Null);
        Assert.That(await ledger.Read(Account, default), Is.EqualTo(new Balance(100, 92, 0, 8, Version: 3)));
    }

    [Test]
    public async Task A_claim_is_renewed_while_it_is_held_and_no_longer()
    {
        var options = new JobOptions { LeaseDuration = TimeSpan.FromMilliseconds(400) };
        await using var claim = (await JobClaim.Take(job, jobs, options, TimeProvider.System, default))!;
        var first = claim.Job.LeaseUntil!.Value;

        await Task.Delay(1_000);
        var stopped = await claim.StopRenewing();
        await Task.Delay(500);

        Assert.That(stopped.LeaseUntil, Is.GreaterThan(first));
        var stored = await jobs.Read(Account, job.Id, default);
        Assert.That(stored!.LeaseUntil!.Value, Is.EqualTo(stopped.LeaseUntil!.Value).Within(TimeSpan.FromMilliseconds(1)));
    }

    [Test]
    public async Task A_claim_is_not_lost_to_a_renewal_of_its_own_whose_answer_never_came()
    {
        var options = new JobOptions { LeaseDuration = TimeSpan.FromMilliseconds(600) };
        await using var claim = (await JobClaim.Take(job, jobs, options, TimeProvider.System, default))!;
        await jobs.TryChange(claim.Job with { LeaseUntil = claim.Job.LeaseUntil }, default);

        await Task.Delay(500);
        var known = await claim.StopRenewing();

        Assert.That(claim.Lost.IsCancellationRequested, Is.False);
        Assert.That(known.ETag, Is.EqualTo((await jobs.Read(Account, job.Id, default))!.ETag));
    }

    private Task<JobClaim?> Take(Job known) => JobClaim.Take(known, jobs, Options, TimeProvider.System, default);

    private static StoredImage Image(int index) => new(index, $"demo/x/{index}.png", "image/png", 1, 1024, 1024, "00");
}
