using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>
/// A hold that is not settled yet, as the row <c>open~…</c>: there exactly while its job or manifest is not terminal. Written and
/// deleted in the transactions that move the credits, it is also the sweeper's list of what may need help.
/// </summary>
/// <param name="Account">Whose credits.</param>
/// <param name="Reference">What they are held for: <c>job_…</c> or <c>mf_…</c>.</param>
/// <param name="Held">How many, in credits.</param>
/// <param name="Due">When the sweeper should look at it.</param>
/// <param name="Left">How often in a row the sweeper left it to a backlog.</param>
/// <param name="ETag">Of the row as it was read.</param>
public sealed record OpenHold(AccountId Account, string Reference, long Held, DateTimeOffset Due, int Left, ETag ETag)
{
    public static OpenHold New(AccountId account, string reference, long held, DateTimeOffset due) =>
        new(account, reference, held, due, 0, default);

    public TableEntity ToRow() => new(Account.Value, LedgerKeys.Open(Reference))
    {
        ["Held"] = Held,
        ["Due"] = Due,
        ["Left"] = Left,
    };

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static OpenHold FromRow(TableEntity row) => new(
        AccountId.Parse(row.PartitionKey), LedgerKeys.OpenReference(row.RowKey), row.Required("Held", row.GetInt64),
        row.Required("Due", row.GetDateTimeOffset), row.Required("Left", row.GetInt32), row.ETag);

    /// <summary>Removes it in the transaction that settles it. If it is gone already, that transaction must fail.</summary>
    public static TableTransactionAction Delete(AccountId account, string reference) =>
        new(TableTransactionActionType.Delete, new TableEntity(account.Value, LedgerKeys.Open(reference)), ETag.All);
}
