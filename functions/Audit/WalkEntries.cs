using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Audit;

/// <summary>Recomputes an account's entries one by one, in constant memory.</summary>
internal sealed class WalkEntries(TableClient table, AccountId account)
{
    /// <summary>The books as the entries up to one say, or the first entry that is wrong.</summary>
    /// <param name="start">The books to begin with; <see cref="Books.Empty"/> for entry 1.</param>
    /// <param name="last">The last entry that there must be.</param>
    /// <param name="each">Is handed each entry that is right.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<(Check Check, Books Last)> Run(Books start, long last, Func<Entry, Task> each, CancellationToken cancel)
    {
        var books = start;
        await foreach (var row in Rows(start.Balance.Version + 1, last, cancel))
        {
            if (FaultOf(row, books) is { } fault)
                return (new Check("entries_chain", false, fault, Entry: books.Balance.Version + 1), books);
            var entry = Entry.FromRow(row);
            await each(entry);
            books = entry.After;
        }

        var next = books.Balance.Version + 1;
        if (next <= last) return (new Check("entries_chain", false, $"entry {next} is missing", Entry: next), books);
        return (
            new Check(
                "entries_chain", true,
                start.Balance.Version == last
                    ? $"no entry after {last}"
                    : $"entries {start.Balance.Version + 1} to {last}: no gaps, each balance and each hash follows from the entry before"),
            books);
    }

    /// <summary>The same entries once more, for those who look for something in them.</summary>
    public async IAsyncEnumerable<Entry> Again(
        long first, long last, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var row in Rows(first, last, cancel)) yield return Entry.FromRow(row);
    }

    public async Task<Entry?> Read(long version, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, LedgerKeys.Entry(version), cancellationToken: cancel);
        return row.HasValue ? Entry.FromRow(row.Value!) : null;
    }

    private AsyncPageable<TableEntity> Rows(long first, long last, CancellationToken cancel) => table.QueryAsync<TableEntity>(
        LedgerKeys.Filter(account.Value, LedgerKeys.Entry(first), LedgerKeys.Entry(last + 1)), cancellationToken: cancel);

    private static string? FaultOf(TableEntity row, Books before)
    {
        var expected = before.Balance.Version + 1;
        try
        {
            var entry = Entry.FromRow(row);
            if (entry.Version != expected) return $"entry {expected} is missing";
            if (!IsWhole(entry)) return $"entry {expected} has a time that is not whole milliseconds";
            var plain = new Transfer(entry.Transfer.Kind, entry.Transfer.Amount, entry.Transfer.Reference);
            if (plain.Kind != TransferKind.Correct && (plain.From, plain.To) != (entry.Transfer.From, entry.Transfer.To))
                return $"entry {expected} is a {plain.Kind} from {entry.Transfer.From} to {entry.Transfer.To}";

            var right = Entry.Next(before.At(entry.After.RecordedAt), entry.Transfer, entry.Commit);
            return entry == right ? null
                : entry.After with { Head = "" } != right.After with { Head = "" }
                    ? $"entry {expected} says {Short(entry.After)}, but it should be {Short(right.After)}"
                : $"entry {expected} has the hash {entry.Hash}, but what it says makes {right.Hash}";
        }
        catch (Exception e) when (RowValues.IsDamage(e))
        {
            return $"entry {expected} is damaged: {e.Message}";
        }
    }

    private static bool IsWhole(Entry entry) => new DateTimeOffset?[] { entry.OccurredAt, entry.After.RecordedAt, entry.Transfer.ExpiresAt }
        .All(time => time is not { } at || EntryHash.Milliseconds(at) == at);

    internal static string Short(Books books) =>
        $"granted {books.Balance.Granted}, available {books.Balance.Available}, held {books.Balance.Held}, spent {books.Balance.Spent}, "
        + $"lots '{books.Lots}', {books.OpenJobs} open jobs, {books.SpentToday} spent that day, at {books.RecordedAt:O}";
}
