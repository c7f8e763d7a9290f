using Azure.Core;
using Azure.Data.Tables;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

/// <summary>When a claim is lost, and from when on others may have its job.</summary>
public sealed class LostClaimTests : HeldJob
{
    [Test]
    public async Task A_claim_is_lost_when_its_lease_ends_though_no_renewal_came_to_say_so()
    {
        var time = new MovedTime();
        await using var claim = (await JobClaim.Take(Job, Jobs, Options, time, default))!;
        await claim.StopRenewing();
        Assert.That(claim.Lost.IsCancellationRequested, Is.False);

        time.Move(Options.LeaseDuration);

        Assert.That(claim.Lost.IsCancellationRequested, Is.True);
    }

    [Test]
    public async Task A_claim_that_was_lost_in_a_pause_is_not_renewed_after_it()
    {
        var time = new MovedTime();
        await using var claim = (await JobClaim.Take(Job, Jobs, Options, time, default))!;
        var first = claim.Job.LeaseUntil;

        time.Move(Options.LeaseDuration);
        await claim.StopRenewing();

        Assert.That(claim.Lost.IsCancellationRequested, Is.True);
        Assert.That((await Jobs.Read(Account, Job.Id, default))!.LeaseUntil, Is.EqualTo(first), "others may have the Job at once");
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
        var slow = new JobTable(new TableServiceClient(StorageAccount, options), new JobRow(Catalogue.Load()));
        await using var claim = (await JobClaim.Take(Job, slow, Options, time, default))!;

        time.Move(Options.LeaseDuration / 2);
        var left = await claim.GiveUp();

        Assert.That(claim.Lost.IsCancellationRequested, Is.True);
        var until = (await Jobs.Read(Account, Job.Id, default))!.LeaseUntil;
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
        var slow = new JobTable(new TableServiceClient(StorageAccount, options), new JobRow(Catalogue.Load()));
        await using var claim = (await JobClaim.Take(Job, slow, Options, time, default))!;
        await claim.StopRenewing();
        Assert.That(claim.Lost.IsCancellationRequested, Is.False);

        time.Move(Options.LeaseDuration / 2);

        Assert.That(claim.Lost.IsCancellationRequested, Is.True);
    }
}
