using Azure;
using Pipeline.Http;
using Pipeline.Storage;
using Pipeline.Telemetry;

namespace Pipeline.Jobs;

/// <summary>A worker's right to work on a job: written on the job's row, renewed while it is held, given up by letting it lapse.</summary>
public sealed class JobClaim : IAsyncDisposable
{
    /// <summary>Writes of one renewal: each but the first only because somebody wrote in between, and few others may write.</summary>
    private const int RenewTriesMax = 5;

    private readonly JobTable jobs;
    private readonly JobOptions options;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource lost;
    private readonly CancellationTokenSource stop = new();
    private readonly Task renewal;

    private JobClaim(Job job, JobTable jobs, JobOptions options, TimeProvider time)
    {
        Job = job;
        this.jobs = jobs;
        this.options = options;
        this.time = time;
        // Also if no renewal comes to say so, as after a pause of the whole process: others may have the job since.
        lost = new CancellationTokenSource(Left, time);
        renewal = Renew();
    }

    /// <summary>The job as this claim last wrote it.</summary>
    public Job Job { get; private set; }

    /// <summary>Cancelled when the claim is not this worker's any more: stop, another may be at it.</summary>
    public CancellationToken Lost => lost.Token;

    /// <summary>How long it stands: from when its write was begun, which may have taken the SDK several tries.</summary>
    private TimeSpan Left => Job.LeaseUntil - time.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>Claims the job for one more attempt.</summary>
    /// <returns>The claim, or null if another worker was faster.</returns>
    public static async Task<JobClaim?> Take(Job job, JobTable jobs, JobOptions options, TimeProvider time, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var claimed = await jobs.TryChange(
            job with
            {
                Status = JobStatus.Running,
                Attempts = job.Attempts + 1,
                StartedAt = job.StartedAt ?? now,
                Claim = Base32.Random(16),
                // Of a manifest's job: its trace began with its message.
                Trace = job.Trace ?? Spans.Here,
                LeaseUntil = now + options.LeaseDuration,
                History = Attempt.Begin(job.History, job.Attempts + 1, now, job.Request.Num - job.Images.Count),
            },
            cancel);
        if (claimed is null) return null;
        if (job.Status == JobStatus.Queued) Meters.Jobs(Json.Name(claimed.Status), job.Request.Model.Tier);
        return new JobClaim(claimed, jobs, options, time);
    }

    /// <summary>Stops renewing, so that the job's row rests. The claim itself stands until its lease ends.</summary>
    public async Task<Job> StopRenewing()
    {
        await stop.CancelAsync();
        await renewal;
        return Job;
    }

    /// <summary>Stops renewing a claim that was lost.</summary>
    /// <returns>
    /// When others may have the job: a renewal that was under way may have been written after the claim was lost, and a message that
    /// comes before its lease ends is dropped.
    /// </returns>
    public async Task<TimeSpan> GiveUp()
    {
        await StopRenewing();
        return Left;
    }

    public async ValueTask DisposeAsync()
    {
        await StopRenewing();
        stop.Dispose();
        lost.Dispose();
    }

    private async Task Renew()
    {
        try
        {
            while (true)
            {
                await Task.Delay(options.LeaseDuration / 2, time, stop.Token);
                await RenewOnce();
                if (lost.IsCancellationRequested) return;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop; what was written last is in Job.
        }
    }

    private async Task RenewOnce()
    {
        // As after a pause of the whole process: who stops working must not keep others away for one more lease.
        if (Left == TimeSpan.Zero)
        {
            await lost.CancelAsync();
            return;
        }

        try
        {
            for (var tries = 0; tries < RenewTriesMax; tries++)
            {
                // Not canceled in mid-write: the row's ETag must be known afterwards.
                var until = time.GetUtcNow() + options.LeaseDuration;
                if (await jobs.TryChange(Job with { LeaseUntil = until }, CancellationToken.None) is { } renewed)
                {
                    Job = renewed;
                    lost.CancelAfter(Left);
                    return;
                }

                // The caller asked for the job's end, or a renewal before this one was written although its answer never came.
                if (await jobs.ReadAgain(Job, CancellationToken.None) is not { } found)
                {
                    await lost.CancelAsync();
                    return;
                }

                Job = found;
            }
        }
        catch (Exception e) when (e is RequestFailedException || StorageFault.IsUnknownOutcome(e))
        {
            // Storage is away. Until the lease ends nobody else may claim the job; after that somebody may have.
            if (time.GetUtcNow() >= Job.LeaseUntil) await lost.CancelAsync();
        }
    }
}
