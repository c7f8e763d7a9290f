using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>The account's books as the row <c>account</c> keeps them. Merged, so that its limits stay.</summary>
/// <param name="Books">With the limits of the row.</param>
/// <param name="Asks">The process that asks the others for a turn, or null.</param>
/// <param name="ETag">Of the row as it was read or written.</param>
internal sealed record AccountRow(Books Books, string? Asks, ETag ETag)
{
    /// <summary>What every transaction writes; whoever asked for a turn has had it, or will ask again.</summary>
    public static TableEntity From(AccountId account, Books books)
    {
        var row = new TableEntity(account.Value, LedgerKeys.Account) { ["Version"] = books.Balance.Version, ["Asks"] = "" };
        BooksRow.Write(row, books);
        return row;
    }

    /// <summary>What is merged, whatever the row's ETag, to ask for a turn: the others' next transactions fail, and they look.</summary>
    public static TableEntity Asking(AccountId account, string process) =>
        new(account.Value, LedgerKeys.Account) { ["Asks"] = process };

    /// <returns>The row, or null if there is no such account.</returns>
    /// <exception cref="FormatException">The row is damaged.</exception>
    public static async Task<AccountRow?> Read(TableClient table, AccountId account, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, LedgerKeys.Account, cancellationToken: cancel);
        return row.HasValue ? From(row.Value!) : null;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static AccountRow From(TableEntity row) => new(
        BooksRow.Read(row, row.Required("Version", row.GetInt64)) with { Limits = AccountLimits.From(row) },
        row.GetString("Asks") is { Length: > 0 } process ? process : null, row.ETag);
}
