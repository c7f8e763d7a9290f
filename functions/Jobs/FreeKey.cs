using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>
/// An Idempotency-Key that no job was made for yet. Its row is written in the transaction of the job that is, so no crash can part them.
/// </summary>
/// <param name="Account">Whose key.</param>
/// <param name="RowKey">Of the key's row.</param>
/// <param name="RequestHash">Of the request that it stands for.</param>
/// <param name="Expired">Of the row that it replaces; the default if there is none.</param>
public sealed record FreeKey(AccountId Account, string RowKey, string RequestHash, ETag Expired)
{
    /// <summary>Takes the key for a job. Fails the transaction if another request took it meanwhile.</summary>
    public TableTransactionAction Take(Job job)
    {
        var row = new TableEntity(Account.Value, RowKey)
        {
            ["RequestHash"] = RequestHash,
            ["Job"] = job.Id.Value,
            ["TakenAt"] = job.CreatedAt,
        };
        return Expired == default
            ? new(TableTransactionActionType.Add, row)
            : new(TableTransactionActionType.UpdateReplace, row, Expired);
    }
}

/// <summary>An Idempotency-Key as its row has it: which request it was sent with, and the job that was made.</summary>
public sealed record TakenKey(string RequestHash, JobId Job, DateTimeOffset TakenAt, ETag ETag)
{
    /// <summary>How long a key stands for its request.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static TakenKey FromRow(TableEntity row) => new(
        row.Required("RequestHash", row.GetString), JobId.Parse(row.Required("Job", row.GetString)),
        row.Required("TakenAt", row.GetDateTimeOffset), row.ETag);

    /// <summary>The filter for the account's keys that stand for nothing any more.</summary>
    public static string Expired(AccountId account, DateTimeOffset now) =>
        $"{LedgerKeys.AllIdempotency(account.Value)} and {TableClient.CreateQueryFilter($"TakenAt le {now - KeptFor}")}";

    public bool IsExpired(DateTimeOffset now) => TakenAt <= now - KeptFor;
}
