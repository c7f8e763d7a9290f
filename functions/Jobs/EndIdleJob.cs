using Microsoft.Extensions.Logging;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Ends a job that no worker is at, with the images that its attempts left: for worker, sweeper and caller alike.</summary>
public sealed partial class EndIdleJob(FinishJob finish, ImageStore images, JobOptions options, ILogger<EndIdleJob> logger)
{
    /// <summary>How often the host delivers a message before it is poison: <c>maxDequeueCount</c> of <c>host.json</c>.</summary>
    public const int DeliveriesMax = 5;

    /// <param name="job">As it was read, without a claim that stands.</param>
    /// <param name="rule">Why it ends.</param>
    /// <param name="cancel">Gives up before anything is written.</param>
    /// <returns>What became of it. Who gets anything but <see cref="EndResult.Ended"/> need do nothing: the sweeper looks again.</returns>
    public Task<EndResult> End(Job job, ClaimRule rule, CancellationToken cancel) =>
        End(job, rule.ToString(), known => Decide(known, rule), cancel);

    /// <summary>Ends a job that could be worked on, were it not that its worker failed at every delivery of its message.</summary>
    /// <inheritdoc cref="End(Job, ClaimRule, CancellationToken)"/>
    public Task<EndResult> EndPoisoned(Job job, CancellationToken cancel) =>
        End(job, "Poisoned", Poisoned, cancel);

    /// <summary>How a job ends whose message is poison: with what it has, and an error that blames neither caller nor prompt.</summary>
    internal static Next.Finish Poisoned(Job job)
    {
        var stored = job.Images.Count;
        if (stored == job.Request.Num) return new Next.Finish(JobStatus.Succeeded, null);
        const string Failed = "This service itself could not work on the job";
        var charged = stored > 0 ? $"only what is stored is charged, {stored} of {job.Request.Num} images" : "nothing is charged";
        var wayOut = $"{charged}. POST /v1/jobs/{job.Id}/retry asks again for what is missing.";
        // A claim that is still there is of an attempt that never reported: it may have reached the image API.
        var error = job.Claim is not null
            ? new JobError("outcome_unknown", $"{Failed}: {DeliveriesMax} tries failed, the last one perhaps after the call; {wayOut}")
            : new JobError("upstream_unavailable", $"{Failed}: {DeliveriesMax} tries failed before the image API was called; {wayOut}");
        return new Next.Finish(stored > 0 ? JobStatus.PartiallySucceeded : JobStatus.Failed, error);
    }

    private async Task<EndResult> End(Job job, string reason, Func<Job, Next.Finish> decide, CancellationToken cancel)
    {
        // A crash after this leaves an open job whose images say where they come from; the sweeper ends it.
        var stored = job.Attempts > 0 ? await images.Recover(JobFolder.Of(job), cancel) : [];
        // A crash before this leaves an open job, and after it one that is done: it is one transaction.
        job = job with { Images = stored };
        var result = await finish.End(job, decide(job), cancel);
        Log.Ended(logger, job.Account.Value, job.Id.Value, reason, result.GetType().Name);
        return result;
    }

    private Next.Finish Decide(Job job, ClaimRule rule) => rule switch
    {
        ClaimRule.Expire => new Next.Finish(JobStatus.Expired, null),
        ClaimRule.Cancel => (Next.Finish)DecideNext.From(job with { CancelRequested = true }, null, options),
        ClaimRule.GiveUp => (Next.Finish)DecideNext.From(job, null, options),
        ClaimRule.StopWaiting => (Next.Finish)DecideNext.From(
            job with { Attempts = options.AttemptsMax }, new ImageApiOutcome.Unavailable(
                $"The image API was left alone for longer than {options.OutageMax}.", null), options),
        _ => throw new InvalidOperationException($"{rule} does not end a job."),
    };

    private static partial class Log
    {
        [LoggerMessage(16, LogLevel.Information, "{Account} {Job}: to end without a worker ({Reason}): {Result}.")]
        public static partial void Ended(ILogger logger, string account, string job, string reason, string result);
    }
}
