using Azure.Data.Tables;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>Books as columns: of the account's row, and of each entry.</summary>
internal static class BooksRow
{
    public static void Write(TableEntity row, Books books)
    {
        row["Granted"] = books.Balance.Granted;
        row["Available"] = books.Balance.Available;
        row["Held"] = books.Balance.Held;
        row["Spent"] = books.Balance.Spent;
        row["Lots"] = books.Lots.ToString();
        row["OpenJobs"] = books.OpenJobs;
        row["SpentToday"] = books.SpentToday;
        row["RecordedAt"] = books.RecordedAt;
        row["Hash"] = books.Head;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static Books Read(TableEntity row, long version) => new(
        new Balance(
            row.Required("Granted", row.GetInt64), row.Required("Available", row.GetInt64), row.Required("Held", row.GetInt64),
            row.Required("Spent", row.GetInt64), version),
        Lots.Parse(row.Required("Lots", row.GetString)),
        row.Required("OpenJobs", row.GetInt64), row.Required("SpentToday", row.GetInt64),
        row.Required("RecordedAt", row.GetDateTimeOffset), row.Required("Hash", row.GetString));
}
