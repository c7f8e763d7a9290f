using Microsoft.AspNetCore.Http;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>Holds an answer until a job is as the caller wants it, or for so long.</summary>
/// <remarks>Each look is one read of the job's row. How many there are: <c>docs/operations.md</c>, "What waiting costs".</remarks>
public sealed class WaitForJob(JobTable jobs, TimeProvider time)
{
    /// <summary>The longest that a caller may ask for; gateways in between give up after some minutes.</summary>
    public const int SecondsMax = 60;

    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    /// <summary>Timers are no finer: a pause below it would be none, and the row would be read again and again.</summary>
    private static readonly TimeSpan Finest = TimeSpan.FromMilliseconds(15);

    /// <summary>How much longer than asked for a last look may take while storage is slow.</summary>
    private static readonly TimeSpan LateMax = TimeSpan.FromSeconds(2);

    /// <summary>From which a wait can be counted.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>Waits until the job is terminal; the limit is counted from an earlier <see cref="Now"/>.</summary>
    public Task<Job> Until(HttpRequest request, Job job, long since, TimeSpan limit, CancellationToken cancel)
    {
        var left = limit - time.GetElapsedTime(since);
        return Until(request, job, left > TimeSpan.Zero ? left : TimeSpan.Zero, cancel);
    }

    /// <summary>Waits until the job is terminal.</summary>
    public Task<Job> Until(HttpRequest request, Job job, TimeSpan limit, CancellationToken cancel) =>
        Until(request, job, static found => found.IsTerminal, limit, cancel);

    /// <summary>Waits until the job is as it should be.</summary>
    /// <param name="request">Whose caller waits; when it goes away, nobody looks any more.</param>
    /// <param name="job">As it is known.</param>
    /// <param name="isRight">Whether to answer now.</param>
    /// <param name="limit">At most so long.</param>
    /// <param name="cancel">Ends the wait, as when the host stops: what is known is answered rather than nothing.</param>
    /// <returns>The job as it was last read. It is never worth an error that a look failed: the job goes on all the same.</returns>
    public async Task<Job> Until(HttpRequest request, Job job, Func<Job, bool> isRight, TimeSpan limit, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(limit + LateMax, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, request.HttpContext.RequestAborted, late.Token);
        var started = time.GetTimestamp();
        var pause = TimeSpan.Zero;
        while (!isRight(job) && !stop.IsCancellationRequested)
        {
            var left = limit - time.GetElapsedTime(started);
            if (left < Finest) break;
            pause = NextPause(pause, job.Request.Model);
            try
            {
                await Task.Delay(pause < left ? pause : left, time, stop.Token);
                job = await jobs.Read(job.Account, job.Id, stop.Token) ?? job;
            }
            catch (Exception e) when (StorageFault.IsUnknownOutcome(e))
            {
                // Told to stop, or storage is away for the moment: the next look may find it.
            }
        }

        return job;
    }

    /// <summary>
    /// The first look comes after 1/32 of what the tier typically takes, each further one half as much later again, up to an eighth of
    /// it and to a second: little is waited in vain and little is read.
    /// </summary>
    internal static TimeSpan NextPause(TimeSpan pause, Model model)
    {
        var longest = model.TypicalLatency / 8 < PauseMax ? model.TypicalLatency / 8 : PauseMax;
        var next = pause == TimeSpan.Zero ? model.TypicalLatency / 32 : pause * 1.5;
        return next < longest ? next : longest;
    }
}
