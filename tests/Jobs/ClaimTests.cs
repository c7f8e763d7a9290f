using Azure.Core;
using Azure.Data.Tables;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

/// <summary>A job's claim and end against real tables: who may work on it, and who may end it.</summary>
public sealed class ClaimTests : HeldJob
{
    private static readonly Next.Finish Failed = new(JobStatus.Failed, new JobError("no_image", "none"));

    private FinishJob finish = null!;

    [SetUp]
    public void Finish() => finish = new FinishJob(Ledger, Messages.Of(StorageAccount), Jobs, Catalogue.Load(), TimeProvider.System);

    [Test]
    public async Task Of_many_workers_that_claim_it_at_once_one_gets_it()
    {
        var claims = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Take(Job)));

        Assert.That(claims.Count(claim => claim is not null), Is.EqualTo(1));
        foreach (var claim in claims.OfType<JobClaim>()) await claim.DisposeAsync();
    }

    [Test]
    public async Task A_claim_that_another_worker_took_over_is_lost_and_cannot_end_the_job()
    {
        await using var first = (await Take(Job))!;
        await using var second = (await Take((await Jobs.Read(Account, Job.Id, default))!))!;

        var ended = await finish.End(await first.StopRenewing(), Failed, default);

        Assert.That(ended, Is.TypeOf<EndResult.Lost>());
        Assert.That((await Jobs.Read(Account, Job.Id, default))!.Status, Is.EqualTo(JobStatus.Running));
        Assert.That((await Ledger.Read(Account, default))!.Balance.Held, Is.EqualTo(8));
    }

    [Test]
    public async Task A_renewal_whose_answer_was_lost_does_not_keep_its_worker_from_ending_the_job()
    {
        await using var claim = (await Take(Job))!;
        var known = await claim.StopRenewing();
        await Jobs.TryChange(known with { LeaseUntil = known.LeaseUntil + TimeSpan.FromMinutes(1) }, default);

        var ended = await finish.End(known, Failed, default);

        Assert.That(ended, Is.TypeOf<EndResult.Ended>());
        Assert.That((await Ledger.Read(Account, default))!.Balance, Is.EqualTo(new Balance(100, 100, 0, 0, Version: 3)));
    }

    [Test]
    public async Task A_job_is_ended_once()
    {
        await using var claim = (await Take(Job))!;
        var known = await claim.StopRenewing();
        await finish.End(known with { Images = [Image(0), Image(1)] }, new Next.Finish(JobStatus.Succeeded, null), default);

        var again = await finish.End(known, Failed, default);

        Assert.That(again, Is.TypeOf<EndResult.Lost>());
        Assert.That((await Ledger.Read(Account, default))!.Balance, Is.EqualTo(new Balance(100, 92, 0, 8, Version: 3)));
    }

    [Test]
    public async Task A_claim_is_renewed_while_it_is_held_and_no_longer()
    {
        var time = new MovedTime();
        await using var claim = (await JobClaim.Take(Job, Jobs, Options, time, default))!;
        var first = claim.Job.LeaseUntil!.Value;

        await UntilRenewed(time);
        await UntilRenewed(time);
        await claim.StopRenewing();
        time.Move(Options.LeaseDuration / 2);

        var stored = await Jobs.Read(Account, Job.Id, default);
        Assert.That(stored!.LeaseUntil, Is.EqualTo(first + Options.LeaseDuration));
        Assert.That(claim.Lost.IsCancellationRequested, Is.False);
    }

    [Test]
    public async Task A_claim_is_not_lost_to_a_renewal_of_its_own_whose_answer_never_came()
    {
        var time = new MovedTime();
        await using var claim = (await JobClaim.Take(Job, Jobs, Options, time, default))!;
        await Jobs.TryChange(claim.Job with { LeaseUntil = claim.Job.LeaseUntil }, default);

        await UntilRenewed(time);
        var known = await claim.StopRenewing();

        Assert.That(claim.Lost.IsCancellationRequested, Is.False);
        Assert.That(known.ETag, Is.EqualTo((await Jobs.Read(Account, Job.Id, default))!.ETag));
    }

    [Test]
    public async Task A_wish_to_cancel_is_not_overwritten_by_what_the_worker_knew_before()
    {
        await using var claim = (await Take(Job))!;
        var known = await claim.StopRenewing();
        Assert.That(await Jobs.TryRequestCancel(known, default), Is.True);

        var waiting = await Jobs.TryChange(known with { Claim = null }, default);
        var ended = await finish.End(known, Failed, default);

        Assert.That(waiting, Is.Null);
        Assert.That(((EndResult.Changed)ended).Job.CancelRequested, Is.True);
        var again = await Jobs.ReadAgain(known, default);
        var canceled = await finish.End(again! with { Images = [Image(0)] }, new Next.Finish(JobStatus.Canceled, null), default);
        Assert.That(canceled, Is.TypeOf<EndResult.Ended>());
        Assert.That((await Jobs.Read(Account, Job.Id, default))!.Status, Is.EqualTo(JobStatus.Canceled));
        Assert.That((await Ledger.Read(Account, default))!.Balance, Is.EqualTo(new Balance(100, 96, 0, 4, Version: 4)));
    }

    [Test]
    public async Task A_wish_to_cancel_is_not_missed_when_the_answer_to_a_write_before_it_is_lost()
    {
        await using var claim = (await Take(Job))!;
        var known = await claim.StopRenewing();
        var options = new TableClientOptions { Retry = { Delay = TimeSpan.Zero } };
        options.AddPolicy(
            new LoseAnswer(async () => await Jobs.TryRequestCancel((await Jobs.ReadAgain(known, default))!, default)),
            HttpPipelinePosition.PerRetry);
        var unlucky = new JobTable(new TableServiceClient(StorageAccount, options), new JobRow(Catalogue.Load()));

        var written = await unlucky.TryChange(known with { LeaseUntil = known.LeaseUntil }, default);

        Assert.That(written, Is.Null, "its ETag would be good, and what it says out of date");
    }

    [Test]
    public async Task A_claim_is_renewed_although_its_caller_asked_for_the_jobs_end()
    {
        var time = new MovedTime();
        await using var claim = (await JobClaim.Take(Job, Jobs, Options, time, default))!;
        var first = claim.Job.LeaseUntil!.Value;
        await Jobs.TryRequestCancel(claim.Job, default);

        await UntilRenewed(time);
        var known = await claim.StopRenewing();

        Assert.That(claim.Lost.IsCancellationRequested, Is.False);
        Assert.That(known.CancelRequested, Is.True);
        Assert.That((await Jobs.Read(Account, Job.Id, default))!.LeaseUntil, Is.GreaterThan(first));
    }

    [Test]
    public async Task A_waiting_job_that_a_worker_tried_in_between_is_not_ended_as_it_was_before()
    {
        await using var claim = (await Take(Job))!;
        var waiting = (await Jobs.TryChange(await claim.StopRenewing() with { Claim = null }, default))!;
        await using var second = (await Take(waiting))!;
        await Jobs.TryChange(await second.StopRenewing() with { Claim = null, Images = [Image(0)] }, default);

        var ended = await finish.End(waiting, new Next.Finish(JobStatus.Canceled, null), default);

        Assert.That(ended, Is.TypeOf<EndResult.Lost>());
        Assert.That((await Ledger.Read(Account, default))!.Balance.Held, Is.EqualTo(8));
    }

    /// <summary>Halfway through a lease it is renewed, and has its whole time again.</summary>
    private static async Task UntilRenewed(MovedTime time)
    {
        time.Move(Options.LeaseDuration / 2);
        await time.UntilOneWaits(Options.LeaseDuration);
    }

    private Task<JobClaim?> Take(Job known) => JobClaim.Take(known, Jobs, Options, TimeProvider.System, default);

    private static StoredImage Image(int index) => new(index, $"demo/x/{index}.png", "image/png", 1, 1024, 1024, "00");
}
