using Azure.Data.Tables;
using Pipeline.Credits;

namespace Pipeline.Jobs;

/// <summary>
/// Ends a job: captures the credits of its stored images and releases the rest, in the transaction that makes it terminal.
/// </summary>
public sealed class FinishJob(Ledger ledger, JobTable jobs, TimeProvider time)
{
    /// <summary>Ends the job as it stands, under the claim that holds it.</summary>
    /// <param name="job">With the images, status, error and warnings that it ends with.</param>
    /// <param name="cancel">Gives up before the transaction is sent.</param>
    /// <returns>The job as it is stored, or null if the claim was lost: somebody else ends it.</returns>
    public async Task<Job?> End(Job job, CancellationToken cancel)
    {
        var ended = Settle(job with { FinishedAt = time.GetUtcNow(), Claim = null });
        for (var held = job; ;)
        {
            var result = await ledger.Commit(job.Account, balance => Decide(balance, held, ended), cancel);
            if (result is CommitResult.Committed) return ended;

            // The row may have changed without the claim being lost: a renewal was written although its answer never came.
            var found = await jobs.Read(job.Account, job.Id, cancel);
            if (found is null || found.IsTerminal || found.Claim != job.Claim) return null;
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

    private static Decision Decide(Balance balance, Job job, Job ended)
    {
        // Only if its hold was settled by somebody else already; then its row tells.
        if (balance.Held < job.Credits.Held) return new Decision.Insufficient(job.Credits.Held, balance.Held);
        var transfers = new List<Transfer>(2);
        if (ended.Credits.Captured > 0) transfers.Add(new Transfer(TransferKind.Capture, ended.Credits.Captured, job.Id.Value));
        if (ended.Credits.Released > 0) transfers.Add(new Transfer(TransferKind.Release, ended.Credits.Released, job.Id.Value));
        return new Decision.Accept(
            transfers,
            [
                new(TableTransactionActionType.UpdateMerge, JobRow.Changing(ended), job.ETag),
                OpenHold.Delete(job.Account, job.Id.Value),
            ]);
    }
}
