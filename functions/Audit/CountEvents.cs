using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Audit;

/// <summary>Whether the account's row has the number of its last event: by it the next one is written, and the feed is followed.</summary>
internal static class CountEvents
{
    private const string Name = "events_numbered";

    /// <param name="table">The ledger.</param>
    /// <param name="account">Whose events.</param>
    /// <param name="said">What the account's row says.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<Check> Run(TableClient table, AccountId account, long said, CancellationToken cancel)
    {
        var numbers = new List<long>();
        var rows = table.QueryAsync<TableEntity>(
            LedgerKeys.Events(account.Value, Math.Max(1, said)), select: ["RowKey"], cancellationToken: cancel);
        await foreach (var row in rows) numbers.Add(LedgerKeys.EventNumber(row.RowKey));
        // Events may have been written since the account's row was read.
        var now = numbers.Count > 0 ? (await AccountRow.Read(table, account, cancel))?.Events ?? 0 : said;
        if (numbers.Count > 0 && numbers[^1] > now)
            return new Check(Name, false, $"the account says that its last event is {now}, and there is one with the number {numbers[^1]}");

        var isThere = numbers.Count > 0 && numbers[0] == said;
        if (said == 0 || isThere) return new Check(Name, true, $"the account says what the last of its events is, {said}");
        // All may be too old to be kept.
        var first = await RowPage.Read(table, LedgerKeys.Events(account.Value, 1), 1, null, cancel);
        return first!.Rows.Count == 0
            ? new Check(Name, true, $"of {said} events none is kept any more")
            : new Check(Name, false, $"the account says that its last event is {said}, and there is none with that number");
    }
}
