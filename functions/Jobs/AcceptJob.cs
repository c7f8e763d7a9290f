using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Storage;
using Pipeline.Telemetry;

namespace Pipeline.Jobs;

/// <summary>What became of a new job.</summary>
public abstract record Acceptance
{
    private Acceptance()
    {
    }

    /// <summary>It is stored, its credits are held, and a worker will take it.</summary>
    public sealed record Accepted(Job Job) : Acceptance;

    /// <summary>Nothing is stored: the account has too few credits.</summary>
    public sealed record Insufficient(long Needed, long Available) : Acceptance;

    /// <summary>Nothing is stored: the account may not do so much.</summary>
    public sealed record OverLimit(LimitReached Limit) : Acceptance;

    /// <summary>Nothing is stored: something is wrong with the request, or with what it asks for.</summary>
    public sealed record Refused(Problem Problem) : Acceptance;

    /// <summary>Nothing is stored: another request was faster with the same key. Only <see cref="MakeJobOnce"/> meets it.</summary>
    public sealed record KeyTaken : Acceptance;

    /// <summary>Nothing is stored now: the same request made this job before.</summary>
    /// <param name="Job">As it is now; <see cref="NewJob.AsAccepted"/> tells what it was.</param>
    public sealed record Replayed(Job Job) : Acceptance;
}

/// <summary>Holds a new job's credits and hands it to a worker: what every way to a single job ends in.</summary>
public sealed partial class AcceptJob(
    Ledger ledger, JobQueues queues, DeliveryMessages messages, JobOptions options, TimeProvider time, ILogger<AcceptJob> logger)
{
    /// <param name="job">As it begins.</param>
    /// <param name="key">The Idempotency-Key that it is made for, or null.</param>
    /// <param name="cancel">Gives up before the job is stored.</param>
    public async Task<Acceptance> Take(Job job, FreeKey? key, CancellationToken cancel)
    {
        job = job with { Trace = Spans.Here };
        CommitResult.Committed written;
        // A crash after this leaves an open job without a message; the sweeper sends one. The same request again finds it by its key.
        switch (await ledger.Commit(job.Account, Decide, cancel))
        {
            case CommitResult.RowConflict conflict when conflict.RowKey == key?.RowKey: return new Acceptance.KeyTaken();
            case CommitResult.Insufficient few: return new Acceptance.Insufficient(few.Needed, few.Available);
            case CommitResult.OverLimit over: return new Acceptance.OverLimit(over.Limit);
            case CommitResult.Committed committed:
                written = committed;
                break;
            case var other: throw new InvalidOperationException($"A new job cannot be held: {other}.");
        }

        Meters.Jobs(Json.Name(job.Status), job.Request.Model.Tier);
        await Send(job with { HeldBy = written.Entries[0].Version, ETag = written.RowETags is [{ } etag, ..] ? etag : default });
        await messages.Announce(written.Deliveries);
        return new Acceptance.Accepted(job);

        Decision Decide(Books books)
        {
            var decision = Hold(books, job, ResendJob.FirstLook(job, time.GetUtcNow(), options));
            return key is not null && decision is Decision.Accept hold ? hold with { Rows = [.. hold.Rows, key.Take(job)] } : decision;
        }
    }

    /// <summary>Holds a job's whole price, or refuses; the job and its hold are added with the entry.</summary>
    internal static Decision Hold(Books books, Job job, DateTimeOffset due)
    {
        var price = job.Credits.Held;
        var available = books.Balance.Available;
        if (available < price) return new Decision.Insufficient(price, available);
        if (LimitReached.By(books, price, jobs: 1) is { } limit) return new Decision.OverLimit(limit);
        return new Decision.Accept(
            [new Transfer(TransferKind.Hold, price, job.Id.Value) { Jobs = 1 }],
            [
                new(TableTransactionActionType.Add, JobRow.Whole(job with { HeldBy = books.Balance.Version + 1 })),
                new(TableTransactionActionType.Add, OpenHold.New(job.Account, job.Id.Value, price, due).ToRow()),
            ]);
    }

    /// <summary>The job is accepted, whether the caller waits or storage falters: what is not sent here, the sweeper sends.</summary>
    private async Task Send(Job job)
    {
        try
        {
            await queues.SendFirst(job, CancellationToken.None);
        }
        catch (Exception e) when (StorageFault.IsUnknownOutcome(e))
        {
            Log.NotSent(logger, job.Account.Value, job.Id.Value, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(18, LogLevel.Warning, "{Account} {Job}: accepted, but its message could not be sent; the sweeper will.")]
        public static partial void NotSent(ILogger logger, string account, string job, Exception e);
    }
}
