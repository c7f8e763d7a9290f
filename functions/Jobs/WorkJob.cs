using System.Collections.Concurrent;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>Works a job off: claims it, has its images made, stores them, and settles its credits.</summary>
public sealed partial class WorkJob(
    JobTable jobs, JobQueues queues, FinishJob finish, EndIdleJob idle, GatherImages gather, ImageApi api, ImageStore images,
    JobOptions options, TimeProvider time, ILogger<WorkJob> logger)
{
    /// <summary>Decisions on one attempt: each but the first only because the row changed, and few others may change it.</summary>
    private const int DecisionsMax = 5;

    [Function("WorkStandard")]
    public Task RunStandard([QueueTrigger(StorageNames.StandardQueue)] WorkMessage message, CancellationToken cancel) =>
        Work(message, cancel);

    [Function("WorkLarge")]
    public Task RunLarge([QueueTrigger(StorageNames.LargeQueue)] WorkMessage message, CancellationToken cancel) => Work(message, cancel);

    private async Task Work(WorkMessage message, CancellationToken cancel)
    {
        var job = await jobs.Read(AccountId.Parse(message.Account), JobId.Parse(message.Job), cancel);
        var rule = job is null ? ClaimRule.Leave : ClaimRules.Decide(job, options.AttemptsMax, time.GetUtcNow());
        Log.Looked(logger, message.Account, message.Job, rule);
        if (rule == ClaimRule.Leave) return;
        if (rule != ClaimRule.Take)
        {
            // A crash before this leaves an open job; the sweeper ends it in the same way.
            await idle.End(job!, rule, cancel);
            return;
        }

        // A crash after this leaves a claim that lapses; the sweeper sends another message then.
        await using var claim = await JobClaim.Take(job!, jobs, options, time, cancel);
        if (claim is null) return;

        using var working = CancellationTokenSource.CreateLinkedTokenSource(cancel, claim.Lost);
        try
        {
            await Attempt(claim, working.Token);
        }
        catch (OperationCanceledException) when (claim.Lost.IsCancellationRequested)
        {
            Log.ClaimLost(logger, message.Account, message.Job, claim.Job.Attempts);
        }
    }

    private async Task Attempt(JobClaim claim, CancellationToken cancel)
    {
        var job = claim.Job;
        // A crash after this leaves what the last attempts stored, each with where it comes from; the next attempt finds it again.
        var stored = new ConcurrentBag<StoredImage>(job.Attempts > 1 ? await images.Recover(JobFolder.Of(job), cancel) : []);
        var missing = Enumerable.Range(0, job.Request.Num).Except(stored.Select(image => image.Index)).ToList();

        ImageApiOutcome? outcome = null;
        string? invalid = null;
        var request = job.Request;
        if (missing.Count > 0)
        {
            // A crash after this leaves images that were fetched and stored for the job; the next attempt finds them.
            var gathering = await gather.Run(job, missing.Count, cancel);
            if (gathering is Gathering.Gathered gathered) request = gathered.Job;

            // A crash after this loses what the provider made and charged; the caller is not charged for it.
            outcome = gathering switch
            {
                Gathering.Gathered whole => await api.Generate(whole.Request, cancel),
                Gathering.Missing none => none.Outcome,
                _ => throw new InvalidOperationException("What goes along is there or not."),
            };
            Log.Called(logger, job.Account.Value, job.Id.Value, job.Attempts, outcome.GetType().Name);

            // A crash after this leaves whole blobs of a job that is open; the next attempt finds and keeps them.
            if (outcome is ImageApiOutcome.Delivered delivered)
                invalid = await Store(job with { Request = request }, missing, delivered, stored, cancel);
        }

        await claim.StopRenewing();
        claim.Lost.ThrowIfCancellationRequested();
        var ordered = stored.OrderBy(image => image.Index).ToList();
        await Conclude(claim.Job with { Request = request, Images = ordered }, outcome, invalid);
    }

    /// <summary>All images at once: the store bounds the downloads of all jobs together.</summary>
    /// <returns>Why an image could not be used, or null if all could.</returns>
    private async Task<string?> Store(
        Job job, List<int> missing, ImageApiOutcome.Delivered delivered, ConcurrentBag<StoredImage> stored, CancellationToken cancel)
    {
        var folder = JobFolder.Of(job);
        string? invalid = null;
        await Parallel.ForEachAsync(
            delivered.Urls.Zip(missing),
            new ParallelOptions { MaxDegreeOfParallelism = missing.Count, CancellationToken = cancel },
            async (image, stop) =>
            {
                switch (await images.Store(image.First, image.Second, folder, delivered.Answer, stop))
                {
                    case StoreOutcome.Stored done: stored.Add(done.Image); break;
                    case StoreOutcome.Invalid fault: invalid = fault.Detail; break;
                }
            });
        return invalid;
    }

    /// <summary>
    /// Decides what follows, and decides again if the caller asked for the job's end meanwhile. Not canceled when the host stops: what
    /// was made and stored is settled now, not after the lease.
    /// </summary>
    private async Task Conclude(Job job, ImageApiOutcome? outcome, string? invalid)
    {
        for (var decisions = 0; decisions < DecisionsMax; decisions++)
        {
            var next = DecideNext.From(job, job.Images.Count, outcome, invalid, options);
            if (await Follow(next, job) is not { } changed) return;
            job = job with { ETag = changed.ETag, CancelRequested = changed.CancelRequested };
        }

        throw new StorageBusyException($"Job {job.Id}", DecisionsMax);
    }

    /// <returns>Null if that is that; or the job as it is now, changed but still this worker's: nothing was written.</returns>
    private async Task<Job?> Follow(Next next, Job job)
    {
        switch (next)
        {
            case Next.Finish end:
                // A crash after this leaves a message to a job that is done; it is redelivered and dropped.
                var result = await finish.End(job, end, CancellationToken.None);
                Log.Ended(logger, job.Account.Value, job.Id.Value, job.Attempts, end.Status, result.GetType().Name);
                return (result as EndResult.Changed)?.Job;
            case Next.TryAgain later:
                // A crash after this leaves an open job without a message; the sweeper sends one.
                var waiting = await jobs.TryChange(
                    job with { Claim = null, LeaseUntil = time.GetUtcNow() + later.Delay, LastReason = later.Reason },
                    CancellationToken.None);
                if (waiting is null) return await jobs.ReadAgain(job, CancellationToken.None);
                await queues.Send(job, later.Delay, CancellationToken.None);
                Log.Waits(logger, job.Account.Value, job.Id.Value, job.Attempts, later.Delay, later.Reason.Code);
                return null;
            default:
                throw new InvalidOperationException("After an attempt a job ends or is tried again.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Debug, "{Account} {Job}: {Rule}.")]
        public static partial void Looked(ILogger logger, string account, string job, ClaimRule rule);

        [LoggerMessage(11, LogLevel.Warning, "{Account} {Job}: attempt {Attempt} lost its claim and stopped.")]
        public static partial void ClaimLost(ILogger logger, string account, string job, int attempt);

        [LoggerMessage(12, LogLevel.Information, "{Account} {Job}: attempt {Attempt}, the image API: {Outcome}.")]
        public static partial void Called(ILogger logger, string account, string job, int attempt, string outcome);

        [LoggerMessage(13, LogLevel.Information, "{Account} {Job}: {Status} after attempt {Attempt}: {Result}.")]
        public static partial void Ended(ILogger logger, string account, string job, int attempt, JobStatus status, string result);

        [LoggerMessage(14, LogLevel.Warning, "{Account} {Job}: attempt {Attempt} brought too little ({Reason}), the next in {Delay}.")]
        public static partial void Waits(ILogger logger, string account, string job, int attempt, TimeSpan delay, string reason);
    }
}
