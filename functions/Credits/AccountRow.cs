using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>The account's books as the row <c>account</c> keeps them. Merged, so that its limits stay.</summary>
internal sealed record AccountRow(Books Books, ETag ETag)
{
    public static TableEntity From(AccountId account, Books books)
    {
        var row = new TableEntity(account.Value, LedgerKeys.Account) { ["Version"] = books.Balance.Version };
        BooksRow.Write(row, books);
        return row;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static AccountRow From(TableEntity row) => new(
        BooksRow.Read(row, row.Required("Version", row.GetInt64)) with { Limits = AccountLimits.From(row) }, row.ETag);
}
