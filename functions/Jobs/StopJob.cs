using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>What came of asking for a job's end.</summary>
public abstract record StopResult
{
    private StopResult()
    {
    }

    /// <summary>There is no such job.</summary>
    public sealed record NoJob : StopResult;

    /// <summary>It was done before.</summary>
    public sealed record Done(Job Job) : StopResult;

    /// <summary>It is ended now.</summary>
    public sealed record Ended(Job Job) : StopResult;

    /// <summary>It ends soon: by the worker that is at it, or when its turn in its manifest comes.</summary>
    public sealed record Asked(Job Job) : StopResult;
}

/// <summary>Ends a job early: at once if no worker is at it, else by asking the worker, who keeps what still gets delivered.</summary>
public sealed class StopJob(JobTable jobs, EndIdleJob idle, JobOptions options, TimeProvider time)
{
    /// <summary>Each but the first only because the job moved on in between; a job has a handful of moves in its life.</summary>
    private const int TriesMax = 20;

    public async Task<StopResult> Run(AccountId account, JobId id, CancellationToken cancel)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            if (await jobs.Read(account, id, cancel) is not { } job) return new StopResult.NoJob();
            if (job.IsTerminal) return new StopResult.Done(job);

            // The worker's own rule, so that the two never disagree on whose turn it is.
            var isIdle = ClaimRules.Decide(job with { CancelRequested = true }, options, time.GetUtcNow()) != ClaimRule.Leave;
            // A crash before this leaves the job as it was. Its message is dropped by the worker who gets it.
            var ended = isIdle ? await idle.End(job, ClaimRule.Cancel, cancel) : null;
            if (ended is EndResult.Ended end) return new StopResult.Ended(end.Job);
            if (isIdle && ended is not EndResult.Unsent) continue;

            // A crash after this leaves a job whose worker ends it; if that one dies, too, the sweeper does.
            if (job.CancelRequested || await jobs.TryRequestCancel(job, cancel))
                return new StopResult.Asked(job with { CancelRequested = true });
        }

        throw new StorageBusyException($"Job {id}", TriesMax);
    }
}
