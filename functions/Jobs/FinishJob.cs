using Azure.Data.Tables;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Telemetry;

namespace Pipeline.Jobs;

/// <summary>What became of the try to end a job.</summary>
public abstract record EndResult
{
    private EndResult()
    {
    }

    /// <summary>It is terminal, once and for all.</summary>
    /// <param name="Job">As it is stored.</param>
    public sealed record Ended(Job Job) : EndResult;

    /// <summary>Nothing is written: its caller asked for its end since it was read, which may change how it ends. Decide again.</summary>
    /// <param name="Job">As it is now, in the same attempt under the same claim.</param>
    public sealed record Changed(Job Job) : EndResult;

    /// <summary>Nothing is written: somebody else ended it, or claimed it for another attempt.</summary>
    public sealed record Lost : EndResult;

    /// <summary>Nothing is written: it is of a manifest that has not sent it yet, and holds its credits still.</summary>
    public sealed record Unsent : EndResult;
}

/// <summary>
/// Ends a job: captures the credits of its stored images and releases the rest, in the transaction that makes it terminal and tells of it.
/// </summary>
public sealed class FinishJob(Ledger ledger, DeliveryMessages messages, JobTable jobs, Catalogue catalogue, TimeProvider time)
{
    /// <summary>Ends the job as it was read, if nobody did and its attempt is still the same.</summary>
    /// <param name="job">With the images that it ends with.</param>
    /// <param name="finish">How it ends.</param>
    /// <param name="cancel">Gives up before the transaction is sent.</param>
    public async Task<EndResult> End(Job job, Next.Finish finish, CancellationToken cancel)
    {
        var ended = Settle(job with
        {
            Status = finish.Status,
            Error = finish.Error,
            Warnings = [.. job.Warnings, .. SizeWarnings.Of(job, catalogue)],
            FinishedAt = time.GetUtcNow(),
            History = Attempt.Close(job.History),
            Claim = null,
        });
        for (var held = job; ;)
        {
            var result = await ledger.Commit(job.Account, books => Decide(books, held, ended), cancel);
            if (result is CommitResult.Committed committed)
            {
                Meters.Jobs(Json.Name(ended.Status), ended.Request.Model.Tier);
                // A crash before this leaves events in the outbox; the sweeper has them delivered.
                await messages.Announce(committed.Deliveries);
                return new EndResult.Ended(ended);
            }

            // The row may have changed without the claim being lost: a renewal was written although its answer never came.
            if (await jobs.ReadAgain(job, cancel) is not { } found) return new EndResult.Lost();
            if (found.CancelRequested != job.CancelRequested) return new EndResult.Changed(found);
            if (found.ETag == held.ETag && job.Manifest is not null && !await jobs.HoldsCredits(job, cancel)) return new EndResult.Unsent();
            if (found.ETag == held.ETag) throw new InvalidOperationException($"Job {job.Id} is open and cannot be ended: {result}.");
            held = job with { ETag = found.ETag };
        }
    }

    /// <summary>The credits of a job that ends: those of its stored images are captured, the others are released.</summary>
    internal static Job Settle(Job job)
    {
        var captured = Math.Min(job.Credits.Held, JobPrice.Of(job.Request.Model, job.Images.Count).Credits);
        return job with { Credits = new JobCredits(Held: 0, captured, job.Credits.Held - captured) };
    }

    private static Decision Decide(Books books, Job job, Job ended)
    {
        // Only if its hold was settled by somebody else already; then its row tells.
        if (books.Balance.Held < job.Credits.Held) return new Decision.Insufficient(job.Credits.Held, books.Balance.Held);
        var (captured, released) = (ended.Credits.Captured, ended.Credits.Released);
        if (captured > 0) ended = ended with { Delivered = Delivery.Of(ended.Request.Model.Id, ended.Images) };
        var transfers = new List<Transfer>(2);
        if (captured > 0)
        {
            transfers.Add(new Transfer(TransferKind.Capture, captured, job.Id.Value)
            {
                Jobs = released > 0 ? 0 : -1,
                Delivered = ended.Delivered,
            });
        }

        if (released > 0) transfers.Add(new Transfer(TransferKind.Release, released, job.Id.Value) { Jobs = -1 });
        ended = ended with { SettledBy = books.Balance.Version + transfers.Count };
        return new Decision.Accept(
            transfers,
            [
                new(TableTransactionActionType.UpdateMerge, JobRow.Changing(ended), job.ETag),
                OpenHold.Delete(job.Account, job.Id.Value),
            ])
        {
            Events = [JobEvent.Of(ended)],
        };
    }
}
