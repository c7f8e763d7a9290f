using System.Collections.Immutable;
using Azure.Data.Tables;
using Pipeline.Accounts;

namespace Pipeline.Credits;

/// <summary>The entries of one transaction, numbered on from a balance.</summary>
/// <param name="Id">The transaction's id, in each entry.</param>
/// <param name="Entries">In order.</param>
/// <param name="After">The balance after the last of them.</param>
internal sealed record NumberedTransfers(string Id, ImmutableArray<Entry> Entries, Balance After)
{
    /// <exception cref="InvalidOperationException">A transfer would leave a bucket negative.</exception>
    public static NumberedTransfers From(Balance before, IReadOnlyList<Transfer> transfers, string id, DateTimeOffset now)
    {
        var entries = ImmutableArray.CreateBuilder<Entry>(transfers.Count);
        var balance = before;
        foreach (var transfer in transfers)
        {
            balance = balance.After(transfer);
            entries.Add(new Entry(transfer, balance, OccurredAt: now, RecordedAt: now, id));
        }

        return new NumberedTransfers(id, entries.MoveToImmutable(), balance);
    }

    /// <summary>The rows to add. Adding fails if the number is taken, so that an entry can never be overwritten.</summary>
    public IReadOnlyList<TableTransactionAction> Rows(AccountId account) =>
        [.. Entries.Select(entry => new TableTransactionAction(TableTransactionActionType.Add, entry.ToRow(account)))];
}
