using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>The account's balance as the row <c>account</c> keeps it. Merged, so that other values of the row stay.</summary>
internal sealed record AccountRow(Balance Balance, ETag ETag)
{
    public static TableEntity From(AccountId account, Balance balance) => new(account.Value, LedgerKeys.Account)
    {
        ["Granted"] = balance.Granted,
        ["Available"] = balance.Available,
        ["Held"] = balance.Held,
        ["Spent"] = balance.Spent,
        ["Version"] = balance.Version,
    };

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static AccountRow From(TableEntity row) => new(
        new Balance(
            row.Required("Granted", row.GetInt64), row.Required("Available", row.GetInt64), row.Required("Held", row.GetInt64),
            row.Required("Spent", row.GetInt64), row.Required("Version", row.GetInt64)),
        row.ETag);
}
