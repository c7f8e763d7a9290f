using System.Collections.Concurrent;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Storage;
using Pipeline.Telemetry;

namespace Pipeline.Jobs;

/// <summary>Works a job off: claims it, has its images made, stores them, and settles its credits.</summary>
public sealed partial class WorkJob(
    JobTable jobs, JobQueues queues, FinishJob finish, EndIdleJob idle, GatherImages gather, ImageApiTurns turns, ImageApi api,
    ImageStore images, JobOptions options, TimeProvider time, ILogger<WorkJob> logger)
{
    /// <summary>Decisions on one attempt: each but the first only because the row changed, and few others may change it.</summary>
    private const int DecisionsMax = 5;

    /// <summary>What an attempt may still take when the host stops; the host itself waits a little longer.</summary>
    private static readonly TimeSpan StoppingMax = TimeSpan.FromSeconds(8);

    [Function("WorkStandard")]
    public Task RunStandard([QueueTrigger(StorageNames.StandardQueue)] WorkMessage message, CancellationToken cancel) =>
        Run(message, new Lane(IsLarge: false, IsBulk: false), cancel);

    [Function("WorkLarge")]
    public Task RunLarge([QueueTrigger(StorageNames.LargeQueue)] WorkMessage message, CancellationToken cancel) =>
        Run(message, new Lane(IsLarge: true, IsBulk: false), cancel);

    [Function("WorkBulkStandard")]
    public Task RunBulkStandard([QueueTrigger(StorageNames.BulkStandardQueue)] WorkMessage message, CancellationToken cancel) =>
        Run(message, new Lane(IsLarge: false, IsBulk: true), cancel);

    [Function("WorkBulkLarge")]
    public Task RunBulkLarge([QueueTrigger(StorageNames.BulkLargeQueue)] WorkMessage message, CancellationToken cancel) =>
        Run(message, new Lane(IsLarge: true, IsBulk: true), cancel);

    private Task Run(WorkMessage message, Lane lane, CancellationToken cancel) =>
        message.Work(lane.Queue, time.GetUtcNow(), () => Look(message, lane, cancel));

    private async Task Look(WorkMessage message, Lane lane, CancellationToken cancel)
    {
        try
        {
            // What the message tells may be old news; then the row is read.
            if (!await Work(message, jobs.Told(message), lane, cancel)) await Work(message, null, lane, cancel);
        }
        catch (Exception e) when (StorageFault.IsUnknownOutcome(e) && !cancel.IsCancellationRequested)
        {
            // Storage is away, which is no fault of the message: the host would give it up after a few tries. A crash after this
            // leaves two messages, of which one is dropped.
            await queues.SendAgain(message with { Row = null }, lane, options.LeaseDuration, cancel);
            Log.StorageAway(logger, message.Account, message.Job, options.LeaseDuration, e);
        }
    }

    /// <returns>False if nothing was done because the job is not as it was told.</returns>
    private async Task<bool> Work(WorkMessage message, Job? told, Lane lane, CancellationToken cancel)
    {
        var outcome = await turns.Take(lane.IsLarge, lane.IsBulk, cancel);
        using var turn = (outcome as TurnOutcome.Granted)?.Turn;

        var job = told ?? await jobs.Read(AccountId.Parse(message.Account), JobId.Parse(message.Job), cancel);
        var rule = job is null ? ClaimRule.Leave : ClaimRules.Decide(job, options, time.GetUtcNow());
        Log.Looked(logger, message.Account, message.Job, rule);
        if (rule == ClaimRule.Take && outcome is TurnOutcome.Later later) rule = await Postpone(job!, later.Delay, cancel);
        if (rule == ClaimRule.Leave) return true;
        if (rule != ClaimRule.Take)
        {
            // A crash before this leaves an open job; the sweeper ends it in the same way.
            await idle.End(job!, rule, cancel);
            return true;
        }

        // A crash after this leaves a claim that lapses; the sweeper sends another message then.
        await using var claim = await JobClaim.Take(job!, jobs, options, time, cancel);
        if (claim is null) return told is null;

        // When the host stops, an attempt that can still end does: what was called is paid for.
        using var stopping = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var stop = cancel.Register(() => stopping.CancelAfter(StoppingMax));
        using var working = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, claim.Lost);
        try
        {
            await Attempt(claim, turn!, working.Token);
        }
        catch (OperationCanceledException) when (claim.Lost.IsCancellationRequested)
        {
            // If nobody else has it since, nobody would look at it before the sweeper does. A crash before this leaves it to that.
            await queues.SendAgain(message with { Row = null }, lane, await claim.GiveUp() + ClaimRules.ClocksDifferMax, cancel);
            Log.ClaimLost(logger, message.Account, message.Job, claim.Job.Attempts);
        }

        return true;
    }

    /// <summary>Sends the job back to its queue without an attempt: nobody calls the image API now.</summary>
    /// <returns>What is left to do with it.</returns>
    private async Task<ClaimRule> Postpone(Job job, TimeSpan delay, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        // A job of a manifest may have been made long before its turn came.
        var since = job.Manifest is null ? job.CreatedAt : job.WaitsSince ?? now;
        if (now - since > options.OutageMax) return ClaimRule.StopWaiting;

        // Of a manifest's job: its trace began with this message.
        job = job with { WaitsSince = job.WaitsSince ?? now, Trace = job.Trace ?? Spans.Here };
        if (await SendBack(job, delay, cancel))
            Log.Postponed(logger, job.Account.Value, job.Id.Value, delay);
        return ClaimRule.Leave;
    }

    private async Task Attempt(JobClaim claim, ImageApiTurn turn, CancellationToken cancel)
    {
        var job = claim.Job;
        // A crash after this leaves what the last attempts stored, each with where it comes from; the next attempt finds it again.
        var stored = new ConcurrentBag<StoredImage>(job.Attempts > 1 ? await images.Recover(JobFolder.Of(job), cancel) : []);
        var missing = Enumerable.Range(0, job.Request.Num).Except(stored.Select(image => image.Index)).ToList();

        ImageApiAnswer? answer = null;
        var made = 0;
        var request = job.Request;
        if (missing.Count > 0)
        {
            // A crash after this leaves images that were fetched and stored for the job; the next attempt finds them.
            var gathering = await gather.Run(job, missing.Count, cancel);
            if (gathering is Gathering.Gathered gathered) request = gathered.Job;

            // A crash after this loses what the provider made and charged; the caller is not charged for it.
            answer = gathering switch
            {
                Gathering.Gathered whole => await api.Generate(whole.Request, cancel),
                Gathering.Missing none => new ImageApiAnswer(none.Outcome, Calls: 0),
                _ => throw new InvalidOperationException("What goes along is there or not."),
            };
            turn.Dispose();
            Log.Called(logger, job.Account.Value, job.Id.Value, job.Attempts, answer.Outcome.Name);
            Meters.Attempt(answer.Outcome.Name, job.Request.Model.Tier);

            // A crash after this leaves whole blobs of a job that is open; the next attempt finds and keeps them.
            if (answer.Outcome is ImageApiOutcome.Made images)
            {
                made = images.Urls.Count;
                answer = answer with { Outcome = await Store(job with { Request = request }, missing, images, stored, cancel) };
            }
        }

        job = await claim.StopRenewing() with { Request = request, Images = [.. stored.OrderBy(image => image.Index)] };
        claim.Lost.ThrowIfCancellationRequested();
        var brought = missing.Count - (job.Request.Num - job.Images.Count);
        var history = Jobs.Attempt.End(job.History, time.GetUtcNow(), answer, missing.Count, made, brought);
        await Conclude(job with { History = history }, answer?.Outcome);
    }

    /// <summary>All images at once: the store bounds the downloads of all jobs together.</summary>
    /// <returns>The outcome as it was, or <see cref="ImageApiOutcome.InvalidOutput"/> if an image could not be used.</returns>
    private async Task<ImageApiOutcome> Store(
        Job job, List<int> missing, ImageApiOutcome.Made made, ConcurrentBag<StoredImage> stored, CancellationToken cancel)
    {
        var folder = JobFolder.Of(job);
        string? invalid = null;
        await Parallel.ForEachAsync(
            made.Urls.Zip(missing),
            new ParallelOptions { MaxDegreeOfParallelism = missing.Count, CancellationToken = cancel },
            async (image, stop) =>
            {
                switch (await images.Store(image.First, image.Second, folder, made.Answer, stop))
                {
                    case StoreOutcome.Stored done: stored.Add(done.Image); break;
                    case StoreOutcome.Invalid fault: invalid = fault.Detail; break;
                }
            });
        return invalid is null ? made : new ImageApiOutcome.InvalidOutput(invalid);
    }

    /// <summary>
    /// Decides what follows, and decides again if the caller asked for the job's end meanwhile. Not canceled when the host stops: what
    /// was made and stored is settled now, not after the lease.
    /// </summary>
    private async Task Conclude(Job job, ImageApiOutcome? outcome)
    {
        for (var decisions = 0; decisions < DecisionsMax; decisions++)
        {
            var next = DecideNext.From(job, outcome, options);
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
                if (!await SendBack(job with { LastReason = later.Reason }, later.Delay, CancellationToken.None))
                    return await jobs.ReadAgain(job, CancellationToken.None);
                Log.Waits(logger, job.Account.Value, job.Id.Value, job.Attempts, later.Delay, later.Reason.Code);
                return null;
            case Next.Postpone later:
                if (!await SendBack(Jobs.Attempt.TakeBack(job), later.Delay, CancellationToken.None))
                    return await jobs.ReadAgain(job, CancellationToken.None);
                Log.Postponed(logger, job.Account.Value, job.Id.Value, later.Delay);
                return null;
            default:
                throw new InvalidOperationException("After an attempt a job ends, or is tried again.");
        }
    }

    /// <summary>Gives the claim up and sends the job back to its queue, to be seen after the delay.</summary>
    /// <returns>Whether that was done: not if the job changed meanwhile.</returns>
    private async Task<bool> SendBack(Job job, TimeSpan delay, CancellationToken cancel)
    {
        // A crash after this leaves an open job without a message; the sweeper sends one.
        if (await jobs.TryChange(job with { Claim = null, LeaseUntil = time.GetUtcNow() + delay }, cancel) is null) return false;
        await queues.Send(job, delay, cancel);
        return true;
    }

    private static partial class Log
    {
        [LoggerMessage(10, LogLevel.Debug, "{Account} {Job}: {Rule}.")]
        public static partial void Looked(ILogger logger, string account, string job, ClaimRule rule);

        [LoggerMessage(11, LogLevel.Warning, "{Account} {Job}: attempt {Attempt} lost its claim and stopped; the job is looked at again.")]
        public static partial void ClaimLost(ILogger logger, string account, string job, int attempt);

        [LoggerMessage(12, LogLevel.Information, "{Account} {Job}: attempt {Attempt}, the image API: {Outcome}.")]
        public static partial void Called(ILogger logger, string account, string job, int attempt, string outcome);

        [LoggerMessage(13, LogLevel.Information, "{Account} {Job}: {Status} after attempt {Attempt}: {Result}.")]
        public static partial void Ended(ILogger logger, string account, string job, int attempt, JobStatus status, string result);

        [LoggerMessage(14, LogLevel.Warning, "{Account} {Job}: attempt {Attempt} brought too little ({Reason}), the next in {Delay}.")]
        public static partial void Waits(ILogger logger, string account, string job, int attempt, TimeSpan delay, string reason);

        [LoggerMessage(15, LogLevel.Information, "{Account} {Job}: postponed for {Delay}, for the image API is left alone or busy.")]
        public static partial void Postponed(ILogger logger, string account, string job, TimeSpan delay);

        [LoggerMessage(17, LogLevel.Warning, "{Account} {Job}: storage is away; looked at again in {Delay}.")]
        public static partial void StorageAway(ILogger logger, string account, string job, TimeSpan delay, Exception e);
    }
}
