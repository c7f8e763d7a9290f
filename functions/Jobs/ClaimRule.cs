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

    /// <summary>End it: every attempt was used up, and the last one never reported.</summary>
    GiveUp,
}

/// <summary>Decides <see cref="ClaimRule"/> from the job alone.</summary>
public static class ClaimRules
{
    public static ClaimRule Decide(Job job, int attemptsMax, DateTimeOffset now) =>
        job.IsTerminal ? ClaimRule.Leave
        : job.Claim is not null && job.LeaseUntil > now ? ClaimRule.Leave
        : job.CancelRequested ? ClaimRule.Cancel
        : job.Status == JobStatus.Queued && job.StartBefore <= now ? ClaimRule.Expire
        : job.Attempts >= attemptsMax ? ClaimRule.GiveUp
        : ClaimRule.Take;
}
