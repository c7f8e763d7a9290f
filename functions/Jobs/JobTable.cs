using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>Reads jobs, and changes what no credits depend on. What moves credits goes through the ledger.</summary>
public sealed class JobTable(TableServiceClient tables, JobRow rows)
{
    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>The account's job with this id, or null.</summary>
    public async Task<Job?> Read(AccountId account, JobId id, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, id.RowKey, cancellationToken: cancel);
        return row.HasValue ? rows.Read(row.Value!, id) : null;
    }

    /// <summary>Writes what changed, if nobody else changed the job since it was read.</summary>
    /// <returns>The job with its new ETag, or null if somebody was faster; then nothing is written.</returns>
    public async Task<Job?> TryChange(Job job, CancellationToken cancel)
    {
        var row = JobRow.Changing(job);
        row["Write"] = Base32.Random(16);
        try
        {
            var answer = await table.UpdateEntityAsync(row, job.ETag, TableUpdateMode.Merge, cancel);
            if (answer.Headers.ETag is { } etag) return job with { ETag = etag };
        }
        catch (RequestFailedException e) when (e.Status is 412)
        {
            // Also when the answer was lost and the SDK tried again: then the row carries this very write.
        }

        var found = await table.GetEntityAsync<TableEntity>(
            row.PartitionKey, row.RowKey, ["Write"], cancellationToken: cancel);
        return found.Value.GetString("Write") == row.GetString("Write") ? job with { ETag = found.Value.ETag } : null;
    }
}
