using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>The account's books as the row <c>account</c> keeps them. Merged, so that its limits and its filter of events stay.</summary>
/// <param name="Books">With the limits of the row.</param>
/// <param name="Asks">The process that asks the others for a turn, or null.</param>
/// <param name="ETag">Of the row as it was read or written.</param>
internal sealed record AccountRow(Books Books, string? Asks, ETag ETag)
{
    private const string WantedColumn = "WebhookEvents";

    /// <summary>The number of the account's last event.</summary>
    public long Events { get; init; }

    /// <summary>When that was: the next one is not before it, whatever clock it is written by.</summary>
    public DateTimeOffset EventAt { get; init; }

    /// <summary>Of which events the account's endpoint is told.</summary>
    public EventFilter Wanted { get; init; } = EventFilter.None;

    /// <summary>What every transaction writes; whoever asked for a turn has had it, or will ask again.</summary>
    public static TableEntity From(AccountId account, Books books, long events, DateTimeOffset eventAt)
    {
        var row = new TableEntity(account.Value, LedgerKeys.Account)
        {
            ["Version"] = books.Balance.Version,
            ["Asks"] = "",
            [Event.LastColumn] = events,
        };
        if (eventAt > DateTimeOffset.UnixEpoch) row["EventAt"] = eventAt;
        BooksRow.Write(row, books);
        return row;
    }

    /// <summary>What is merged, whatever the row's ETag, to ask for a turn: the others' next transactions fail, and they look.</summary>
    public static TableEntity Asking(AccountId account, string process) =>
        new(account.Value, LedgerKeys.Account) { ["Asks"] = process };

    /// <summary>
    /// What is merged, whatever the row's ETag, when the account's endpoint changes. Every process that remembers the row meets its new
    /// ETag at its next commit, and reads it.
    /// </summary>
    public static TableEntity Wanting(AccountId account, EventFilter wanted) =>
        new(account.Value, LedgerKeys.Account) { [WantedColumn] = wanted.ToString() };

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
        row.GetString("Asks") is { Length: > 0 } process ? process : null, row.ETag)
    {
        // Neither is on rows of before there were events.
        Events = row.GetInt64(Event.LastColumn) ?? 0,
        EventAt = row.GetDateTimeOffset("EventAt") ?? default,
        Wanted = EventFilter.Parse(row.GetString(WantedColumn)),
    };
}
