using Microsoft.Extensions.Logging;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Ends a job that no worker is at, with the images that its attempts left: for worker, sweeper and caller alike.</summary>
public sealed partial class EndIdleJob(FinishJob finish, ImageStore images, JobOptions options, ILogger<EndIdleJob> logger)
{
    /// <param name="job">As it was read, without a claim that stands.</param>
    /// <param name="rule">Why it ends.</param>
    /// <param name="cancel">Gives up before anything is written.</param>
    /// <returns>What became of it. Who gets anything but <see cref="EndResult.Ended"/> need do nothing: the sweeper looks again.</returns>
    public async Task<EndResult> End(Job job, ClaimRule rule, CancellationToken cancel)
    {
        // A crash after this leaves an open job whose images say where they come from; the sweeper ends it.
        var stored = job.Attempts > 0 ? await images.Recover(JobFolder.Of(job), cancel) : [];
        // A crash before this leaves an open job, and after it one that is done: it is one transaction.
        job = job with { Images = stored };
        var result = await finish.End(job, Decide(job, rule), cancel);
        Log.Ended(logger, job.Account.Value, job.Id.Value, rule, result.GetType().Name);
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
        [LoggerMessage(16, LogLevel.Information, "{Account} {Job}: to end without a worker ({Rule}): {Result}.")]
        public static partial void Ended(ILogger logger, string account, string job, ClaimRule rule, string result);
    }
}
