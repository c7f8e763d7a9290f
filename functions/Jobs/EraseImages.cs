using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>
/// Deletes the images of jobs that were deleted. Which are to be looked at, and when, is said by the rows <c>delete~…</c>.
/// </summary>
public sealed class EraseImages(TableServiceClient tables, ImageStore images, TimeProvider time)
{
    /// <summary>
    /// A worker that lost its claim in a long pause may still store an image. No function runs longer than 15 minutes, so what is deleted
    /// after an hour stays deleted.
    /// </summary>
    private static readonly TimeSpan OnceMoreAfter = TimeSpan.FromHours(1);

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>The row that is added in the transaction that deletes a job.</summary>
    public static TableEntity Row(AccountId account, JobId job, DateTimeOffset now) =>
        new(account.Value, LedgerKeys.Delete(job.Value)) { ["Due"] = now };

    /// <summary>Deletes all blobs of the job for the first time. Safe to repeat, and for two at once.</summary>
    public async Task Of(AccountId account, JobId job, CancellationToken cancel)
    {
        // A crash after this, or within it, leaves the row due; the sweeper does it again.
        await images.Delete(Job.FolderOf(account, job), cancel);
        var row = Row(account, job, time.GetUtcNow() + OnceMoreAfter);
        row["Erased"] = true;
        await table.UpsertEntityAsync(row, TableUpdateMode.Replace, cancel);
    }

    /// <summary>Deletes the blobs of a job whose row is due: for the first time after a crash, else once more and for good.</summary>
    public async Task Again(AccountId account, TableEntity row, CancellationToken cancel)
    {
        var job = JobId.Parse(LedgerKeys.DeletedJob(row.RowKey));
        if (row.GetBoolean("Erased") is not true)
        {
            await Of(account, job, cancel);
            return;
        }

        // A crash after this, or within it, leaves the row due; the sweeper does it again.
        await images.Delete(Job.FolderOf(account, job), cancel);
        await table.DeleteEntityAsync(account.Value, row.RowKey, cancellationToken: cancel);
    }

    /// <summary>The rows of an account's deletions that are due.</summary>
    public IAsyncEnumerable<TableEntity> Due(AccountId account, CancellationToken cancel)
    {
        var due = TableClient.CreateQueryFilter($"Due le {time.GetUtcNow()}");
        return table.QueryAsync<TableEntity>(
            $"{LedgerKeys.AllDeletes(account.Value)} and {due}", select: ["RowKey", "Erased"], cancellationToken: cancel);
    }
}
