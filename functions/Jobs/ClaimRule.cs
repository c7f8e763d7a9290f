namespace Pipeline.Jobs;

/// <summary>What a worker may do with a job that a message points at.</summary>
public enum ClaimRule
{
    /// <summary>Work on it.</summary>
    Take,

    /// <summary>Leave it: it is done, or another worker is at it. If that one dies, the sweeper sends another message.</summary>
    Leave,

    /// <summary>End it: its caller asked for that, and the worker that was to see to it is gone.</summary>
    Cancel,

    /// <summary>End it: it had to be begun by a time that is past, and no worker ever began it.</summary>
    Expire,

    /// <summary>End it: its last attempt never reported, and it may have no other.</summary>
    GiveUp,

    /// <summary>End it: the image API was out of order for too long.</summary>
    StopWaiting,
}

/// <summary>Decides <see cref="ClaimRule"/> from the job alone.</summary>
public static class ClaimRules
{
    /// <summary>By how much two workers' clocks may differ: a message that was delayed may come so much before its time.</summary>
    internal static readonly TimeSpan ClocksDifferMax = TimeSpan.FromSeconds(5);

    public static ClaimRule Decide(Job job, JobOptions options, DateTimeOffset now) =>
        job.IsTerminal ? ClaimRule.Leave
        : job.Claim is not null && job.LeaseUntil > now ? ClaimRule.Leave
        : job.CancelRequested ? ClaimRule.Cancel
        : job.Status == JobStatus.Queued && job.StartBefore <= now ? ClaimRule.Expire
        // It waits on purpose, and its own message comes then; this one is a duplicate.
        : job.Claim is null && job.LeaseUntil > now + ClocksDifferMax ? ClaimRule.Leave
        : job.Attempts >= options.AttemptsMax || (IsUnreported(job) && !options.RetryUnknown) ? ClaimRule.GiveUp
        : ClaimRule.Take;

    /// <summary>Its last worker died; it may have called the image API, or not yet.</summary>
    private static bool IsUnreported(Job job) => job.History is [.., { Outcome: null }];
}
