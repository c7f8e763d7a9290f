using Pipeline.Credits;

namespace Pipeline.Jobs;

/// <summary>Helps an open job that nobody seems to work on: sends it another message, or ends it if no worker is needed for that.</summary>
public sealed class ResendJob(JobTable jobs, JobQueues queues, EndIdleJob idle, JobOptions options, TimeProvider time)
{
    private static readonly TimeSpan IntervalMax = TimeSpan.FromHours(1);

    /// <summary>When to look at a new job for the first time.</summary>
    public static DateTimeOffset FirstLook(Job job, DateTimeOffset now, JobOptions options) =>
        ByDeadline(job, now + options.ResendAfter);

    /// <summary>Looks at the job of a hold that is due.</summary>
    /// <returns>When to look again, or null if the job is gone or done and its hold should not be there.</returns>
    public async Task<(bool Sent, DateTimeOffset LookAgain)?> Look(OpenHold hold, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (await jobs.Read(hold.Account, JobId.Parse(hold.Reference), cancel) is not { IsTerminal: false } job) return null;

        if (ClaimRules.Decide(job, options, now) is var rule and not (ClaimRule.Leave or ClaimRule.Take))
        {
            // A crash before this leaves the hold due, and the next sweep does it again.
            await idle.End(job, rule, cancel);
            return (true, now + options.ResendAfter);
        }

        // A worker is at it, or its message is delayed on purpose: look again when that ends.
        if (job.LeaseUntil is { } until && until > now) return (false, until + options.ResendAfter);

        // There may be a message still, in a long backlog; a second one is dropped by its worker. So the interval grows each time.
        await queues.Send(job, TimeSpan.Zero, cancel);
        var interval = options.ResendAfter * Math.Pow(2, Math.Min(hold.Sweeps + 1, 20));
        return (true, ByDeadline(job, now + (interval < IntervalMax ? interval : IntervalMax)));
    }

    /// <summary>Not after the time by which it must have begun: nobody else may be there to see that it has not.</summary>
    private static DateTimeOffset ByDeadline(Job job, DateTimeOffset planned) =>
        job.Status == JobStatus.Queued && job.StartBefore < planned ? job.StartBefore.Value : planned;
}
