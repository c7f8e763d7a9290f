using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>One line of an account's ledger: a transfer and the books after it. Never updated, never deleted.</summary>
/// <param name="Transfer">What moved.</param>
/// <param name="After">The books after it, with its own hash as their head; their version is its number, from 1, without gaps.</param>
/// <param name="OccurredAt">When what it is for happened.</param>
/// <param name="Commit">The transaction that wrote it: how an unknown outcome is settled by reading back.</param>
public sealed record Entry(Transfer Transfer, Books After, DateTimeOffset OccurredAt, string Commit)
{
    public long Version => After.Balance.Version;

    public string Hash => After.Head;

    /// <summary>The next entry of some books.</summary>
    /// <exception cref="InvalidOperationException">The transfer would take more than there is.</exception>
    public static Entry Next(Books before, Transfer transfer, string commit)
    {
        // What expires does so at its time, whenever somebody comes to write it down.
        var occurredAt = transfer is { Kind: TransferKind.Expire, ExpiresAt: { } time } ? time : before.RecordedAt;
        var entry = new Entry(transfer, before.After(transfer), occurredAt, commit);
        return entry with { After = entry.After with { Head = EntryHash.Of(before.Head, entry) } };
    }

    public TableEntity ToRow(AccountId account)
    {
        var row = new TableEntity(account.Value, LedgerKeys.Entry(Version))
        {
            ["Kind"] = Transfer.Kind.ToString(),
            ["Amount"] = Transfer.Amount,
            ["From"] = Transfer.From.ToString(),
            ["To"] = Transfer.To.ToString(),
            ["Reference"] = Transfer.Reference,
            ["OccurredAt"] = OccurredAt,
            ["Commit"] = Commit,
        };
        if (Transfer.Category is { } category) row["Category"] = category.ToString();
        if (Transfer.ExpiresAt is { } expiresAt) row["ExpiresAt"] = expiresAt;
        if (Transfer.Reason is { } reason) row["Reason"] = reason;
        if (Transfer.Corrects is { } corrects) row["Corrects"] = corrects;
        if (Transfer.Jobs != 0) row["Jobs"] = Transfer.Jobs;
        if (Transfer.Delivered is { } delivered) row["Delivered"] = delivered;
        BooksRow.Write(row, After);
        return row;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static Entry FromRow(TableEntity row)
    {
        var amount = row.Required("Amount", row.GetInt64);
        if (amount < 1) throw new FormatException($"Row {row.PartitionKey}/{row.RowKey} moves {amount} credits.");
        CreditCategory? category = row.GetString("Category") is null ? null : row.Required<CreditCategory>("Category");
        return new Entry(
            new Transfer(row.Required<TransferKind>("Kind"), amount, row.Required("Reference", row.GetString), category)
            {
                From = row.Required<Bucket>("From"),
                To = row.Required<Bucket>("To"),
                ExpiresAt = row.GetDateTimeOffset("ExpiresAt"),
                Reason = row.GetString("Reason"),
                Corrects = row.GetInt64("Corrects"),
                Jobs = row.GetInt64("Jobs") ?? 0,
                Delivered = row.GetString("Delivered"),
            },
            BooksRow.Read(row, LedgerKeys.EntryVersion(row.RowKey)),
            row.Required("OccurredAt", row.GetDateTimeOffset),
            row.Required("Commit", row.GetString));
    }
}
