using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Http;
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

    /// <summary>The job as a message tells it, or null if it does not. If it changed since, its ETag is no longer the row's.</summary>
    public Job? Told(WorkMessage message) =>
        message.Row is { } text && RowText.Read(text) is { } row && row.PartitionKey == message.Account
        && JobId.Parse(message.Job) is var id && row.RowKey == id.RowKey
            ? rows.Read(row, id)
            : null;

    /// <summary>A manifest's jobs are made at once and done one after the other: those that are done by then are found.</summary>
    private static readonly TimeSpan ManifestLife = TimeSpan.FromDays(30);

    /// <summary>The filter for an account's jobs that something may have happened to on some days.</summary>
    public static string CreatedFor(AccountId account, DayRange days, JobOptions options)
    {
        // A job's last attempt may come long after its creation.
        var life = ManifestLife + options.OutageMax + TimeSpan.FromDays(1) + TimeSpan.FromHours(options.AttemptsMax);
        var created = days.From.AddDays(-Math.Min(days.From.DayNumber, (int)Math.Ceiling(life.TotalDays)));
        return LedgerKeys.Filter(
            account.Value, JobId.RowKeyBehind(At(days.To, TimeOnly.MaxValue)), JobId.RowKeyBehind(At(created, TimeOnly.MinValue)));

        static DateTimeOffset At(DateOnly day, TimeOnly time) => new(day, time, TimeSpan.Zero);
    }

    /// <summary>Reads a job again whose row changed under its reader.</summary>
    /// <returns>The job as it is now, still open and in the same attempt; null if it ended, or another worker claimed it.</returns>
    public async Task<Job?> ReadAgain(Job job, CancellationToken cancel) =>
        await Read(job.Account, job.Id, cancel) is { IsTerminal: false } found
        && found.Claim == job.Claim && found.Attempts == job.Attempts ? found : null;

    /// <summary>Whether there is a hold of the job's own; there is none of a job whose manifest has not sent it yet.</summary>
    public async Task<bool> HoldsCredits(Job job, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(
            job.Account.Value, LedgerKeys.Open(job.Id.Value), ["RowKey"], cancellationToken: cancel);
        return row.HasValue;
    }

    /// <summary>One page of an account's jobs, newest first, for one storage request.</summary>
    /// <param name="filter">Rows of jobs only; see <see cref="LedgerKeys.Filter(string, string, string)"/>.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="position">Where the page before ended, or null.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The jobs and where the next page begins, or null if storage knows no such position.</returns>
    public async Task<(IReadOnlyList<Job> Jobs, string? Next)?> Page(
        string filter, int limit, string? position, CancellationToken cancel) =>
        await RowPage.Read(table, filter, limit, position, cancel) is { } page
            ? ([.. page.Rows.Select(row => rows.Read(row, JobId.OfRow(row.RowKey)))], page.Next)
            : null;

    /// <summary>Notes on the row that the caller wants the job ended: the worker that holds its claim will see it.</summary>
    /// <returns>Whether it is written; if not, somebody else changed the job since it was read.</returns>
    public async Task<bool> TryRequestCancel(Job job, CancellationToken cancel)
    {
        var row = JobRow.CancelRequested(job);
        // The mark is another one now, so that no writer before takes the row's new ETag for that of its own write.
        row["Write"] = Base32.Random(16);
        try
        {
            await table.UpdateEntityAsync(row, job.ETag, TableUpdateMode.Merge, cancel);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 412)
        {
            return false;
        }
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
