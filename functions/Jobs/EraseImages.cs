using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>Deletes the images of jobs that were deleted. Which are left is said by the rows <c>delete~…</c>.</summary>
public sealed class EraseImages(TableServiceClient tables, ImageStore images)
{
    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>Deletes all blobs of the job. Safe to repeat, and for two at once.</summary>
    public async Task Of(AccountId account, JobId job, CancellationToken cancel)
    {
        // A crash after this, or within it, leaves the row; the sweeper does it again.
        await images.Delete(Job.FolderOf(account, job), cancel);
        await table.DeleteEntityAsync(account.Value, LedgerKeys.Delete(job.Value), cancellationToken: cancel);
    }

    /// <summary>The rows of an account's deletions that are not finished.</summary>
    public IAsyncEnumerable<TableEntity> Unfinished(AccountId account, CancellationToken cancel) =>
        table.QueryAsync<TableEntity>(LedgerKeys.AllDeletes(account.Value), select: ["RowKey"], cancellationToken: cancel);
}
