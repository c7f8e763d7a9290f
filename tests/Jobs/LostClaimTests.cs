using Azure.Core;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Tests.Jobs;

/// <summary>When a claim is lost, and from when on others may have its job.</summary>
public sealed class LostClaimTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");
    private static readonly JobOptions Options = new() { LeaseDuration = TimeSpan.FromMinutes(1) };

    private string storage = "";
    private JobTable jobs = null!;
    private Job job = null!;

    [SetUp]
    public async Task Hold_a_job()
    {
        var tables = new TableServiceClient(storage = Tests.Storage.NewAccount());
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        var ledger = new Ledger(tables, TimeProvider.System, Random.Shared, NullLogger<Ledger>.Instance);
        jobs = new JobTable(tables, new JobRow(Catalogue.Load()));
        await ledger.Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);

        var request = new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Default, Num = 2 };
        var queued = NewJob.From(Account, JobId.New(DateTimeOffset.UtcNow), request, null, DateTimeOffset.UtcNow);
        await ledger.Commit(Account, books => AcceptJob.Hold(books, queued, DateTimeOffset.UtcNow), default);
        job = (await jobs.Read(Account, queued.Id, default))!;
    }

    [Test]
    public async Task A_claim_is_lost_when_its_lease_ends_though_no_renewal_came_to_say_so()
    {
        var time = new MovedTime();
        await using var claim = (await JobClaim.Take(job, jobs, Options, time, default))!;
        await claim.StopRenewing();
        Assert.That(claim.Lost.IsCancellationRequested, Is.False);

        time.Move(Options.LeaseDuration);

        Assert.That(claim.Lost.IsCancellationRequested, Is.True);
    }

    [Test]
    public async Task A_claim_that_was_lost_in_a_pause_is_not_renewed_after_it()
    {
        var time = new MovedTime();
        await using var claim = (await JobClaim.Take(job, jobs, Options, time, default))!;
        var first = claim.Job.LeaseUntil;

        time.Move(Options.LeaseDuration);
        await claim.StopRenewing();

        Assert.That(claim.Lost.IsCancellationRequested, Is.True);
        Assert.That((await jobs.Read(Account, job.Id, default))!.LeaseUntil, Is.EqualTo(first), "others may have the job at once");
        Assert.That(await claim.GiveUp(), Is.EqualTo(TimeSpan.Zero));
    }

    [Test]
    public async Task A_claim_that_was_lost_while_it_was_renewed_says_how_long_it_keeps_others_away()
    {
        var (time, writes) = (new MovedTime(), 0);
        var options = new TableClientOptions { Retry = { Delay = TimeSpan.Zero } };
        options.AddPolicy(
            new LoseAnswer(() =>
            {
                time.Move(Options.LeaseDuration * 3 / 4);
                return Task.CompletedTask;
            }, after: () => ++writes > 1),
            HttpPipelinePosition.PerRetry);
        var slow = new JobTable(new TableServiceClient(storage, options), new JobRow(Catalogue.Load()));
        await using var claim = (await JobClaim.Take(job, slow, Options, time, default))!;

        time.Move(Options.LeaseDuration / 2);
        var left = await claim.GiveUp();

        Assert.That(claim.Lost.IsCancellationRequested, Is.True);
        var until = (await jobs.Read(Account, job.Id, default))!.LeaseUntil;
        Assert.That(until - time.GetUtcNow(), Is.EqualTo(left).And.GreaterThan(TimeSpan.Zero));
    }

    [Test]
    public async Task A_claim_whose_write_took_long_is_lost_when_its_row_says_so()
    {
        var time = new MovedTime();
        var options = new TableClientOptions { Retry = { Delay = TimeSpan.Zero } };
        options.AddPolicy(
            new LoseAnswer(() =>
            {
                time.Move(Options.LeaseDuration / 2);
                return Task.CompletedTask;
            }),
            HttpPipelinePosition.PerRetry);
        var slow = new JobTable(new TableServiceClient(storage, options), new JobRow(Catalogue.Load()));
        await using var claim = (await JobClaim.Take(job, slow, Options, time, default))!;
        await claim.StopRenewing();
        Assert.That(claim.Lost.IsCancellationRequested, Is.False);

        time.Move(Options.LeaseDuration / 2);

        Assert.That(claim.Lost.IsCancellationRequested, Is.True);
    }
}
