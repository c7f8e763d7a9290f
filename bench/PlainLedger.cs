using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Bench;

/// <summary>
/// The same decisions with plain optimistic concurrency, to compare with: each writer reads the account's row, decides, and writes entry
/// and rows under the row's ETag; if another was faster it waits with full jitter and begins again.
/// </summary>
internal sealed class PlainLedger(TableServiceClient tables)
{
    private static readonly TimeSpan BackOffMax = TimeSpan.FromMilliseconds(100);

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    public async Task Commit(AccountId account, Decide decide, CancellationToken cancel)
    {
        for (var tries = 1; ; tries++)
        {
            var found = await table.GetEntityAsync<TableEntity>(account.Value, LedgerKeys.Account, cancellationToken: cancel);
            var row = AccountRow.From(found.Value);
            var books = row.Books.At(TimeProvider.System.GetUtcNow());
            var accept = (Decision.Accept)decide(books);
            var entry = Entry.Next(books, accept.Transfers[0], Base32.Random(16));
            try
            {
                await table.SubmitTransactionAsync(
                    [
                        new(
                            TableTransactionActionType.UpdateMerge,
                            AccountRow.From(account, entry.After, events: 0, eventAt: default), row.ETag),
                        new(TableTransactionActionType.Add, entry.ToRow(account)),
                        .. accept.Rows,
                    ],
                    cancel);
                return;
            }
            catch (TableTransactionFailedException e) when (e.Status == 412)
            {
                await Task.Delay(BackOffMax * (Random.Shared.NextDouble() * Math.Min(1, tries / 10.0)), cancel);
            }
        }
    }
}
