using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>One line of an account's ledger: a transfer and the balance after it. Never updated, never deleted.</summary>
/// <param name="Transfer">What moved.</param>
/// <param name="After">The balance after it; its version is the entry's number, from 1, without gaps.</param>
/// <param name="OccurredAt">When what it is for happened.</param>
/// <param name="RecordedAt">When it was written.</param>
/// <param name="Commit">The transaction that wrote it: how an unknown outcome is settled by reading back.</param>
public sealed record Entry(Transfer Transfer, Balance After, DateTimeOffset OccurredAt, DateTimeOffset RecordedAt, string Commit)
{
    public long Version => After.Version;

    public TableEntity ToRow(AccountId account)
    {
        var row = new TableEntity(account.Value, LedgerKeys.Entry(Version))
        {
            ["Kind"] = Transfer.Kind.ToString(),
            ["Amount"] = Transfer.Amount,
            ["From"] = Transfer.From.ToString(),
            ["To"] = Transfer.To.ToString(),
            ["Reference"] = Transfer.Reference,
            ["Granted"] = After.Granted,
            ["Available"] = After.Available,
            ["Held"] = After.Held,
            ["Spent"] = After.Spent,
            ["OccurredAt"] = OccurredAt,
            ["RecordedAt"] = RecordedAt,
            ["Commit"] = Commit,
        };
        if (Transfer.Category is { } category) row["Category"] = category;
        return row;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static Entry FromRow(TableEntity row) => new(
        new Transfer(
            row.Required<TransferKind>("Kind"), row.Required("Amount", row.GetInt64), row.Required("Reference", row.GetString),
            row.GetString("Category")),
        new Balance(
            row.Required("Granted", row.GetInt64), row.Required("Available", row.GetInt64), row.Required("Held", row.GetInt64),
            row.Required("Spent", row.GetInt64), LedgerKeys.EntryVersion(row.RowKey)),
        row.Required("OccurredAt", row.GetDateTimeOffset),
        row.Required("RecordedAt", row.GetDateTimeOffset),
        row.Required("Commit", row.GetString));
}
