using Pipeline.Credits;

namespace Pipeline.Jobs;

/// <summary>Helps an open job that nobody seems to work on: sends it another message, or ends it if no worker is needed for that.</summary>
public sealed class ResendJob(JobTable jobs, JobQueues queues, EndIdleJob idle, JobOptions options, TimeProvider time)
{
    private static readonly TimeSpan IntervalMax = TimeSpan.FromHours(1);

    /// <summary>How often a job is left to a backlog before it is sent another message into it.</summary>
    private const int LeftMax = 2;

    /// <summary>When to look at a new job for the first time.</summary>
    public static DateTimeOffset FirstLook(Job job, DateTimeOffset now, JobOptions options) =>
        ByDeadline(job, now + options.ResendAfter);

    /// <summary>Looks at the job of a hold that is due.</summary>
    /// <param name="hold">The hold.</param>
    /// <param name="lanes">Those in which no message waits.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>
    /// Whether anything was done, and the hold with when to look again; or null if the job is gone or done and its hold should not be
    /// there.
    /// </returns>
    public async Task<(bool Resumed, OpenHold Next)?> Look(OpenHold hold, IdleLanes lanes, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (await jobs.Read(hold.Account, JobId.Parse(hold.Reference), cancel) is not { IsTerminal: false } job) return null;

        if (ClaimRules.Decide(job, options, now) is var rule and not (ClaimRule.Leave or ClaimRule.Take))
        {
            // A crash before this leaves the hold due, and the next sweep does it again.
            await idle.End(job, rule, cancel);
            return (true, hold with { Due = now + options.ResendAfter });
        }

        // A worker is at it, or its message is delayed on purpose: look again when that ends.
        if (job.LeaseUntil is { } until && until > now) return (false, hold with { Due = until + options.ResendAfter, Left = 0 });

        // Its message was lost, or was received by a worker that is gone. A second one does no harm: its worker drops it.
        if (lanes.Has(job) || job.Claim is not null)
        {
            await queues.Send(job, TimeSpan.Zero, cancel);
            return (true, hold with { Due = ByDeadline(job, now + options.ResendAfter), Left = 0 });
        }

        // Its message is most likely one of those that wait. So it is looked at ever less often, until the lane is idle.
        var isSent = hold.Left >= LeftMax;
        if (isSent) await queues.Send(job, TimeSpan.Zero, cancel);
        var interval = options.ResendAfter * Math.Pow(2, Math.Min(hold.Left + 1, 20));
        return (isSent, hold with { Due = ByDeadline(job, now + (interval < IntervalMax ? interval : IntervalMax)), Left = hold.Left + 1 });
    }

    /// <summary>Not after the time by which it must have begun: nobody else may be there to see that it has not.</summary>
    private static DateTimeOffset ByDeadline(Job job, DateTimeOffset planned) =>
        job.Status == JobStatus.Queued && job.StartBefore < planned ? job.StartBefore.Value : planned;
}
