using Azure.Data.Tables;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>Removes events that are over 30 days old, with what became of their deliveries. Of others it reads a page an account.</summary>
public sealed partial class ForgetEvents(TableServiceClient tables, TimeProvider time, ILogger<ForgetEvents> logger)
{
    /// <summary>How long events and deliveries are kept.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(30);

    /// <summary>The most that one transaction takes.</summary>
    private const int BatchMax = 100;

    private readonly TableClient ledger = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("ForgetEvents")]
    public async Task Run([TimerTrigger("0 37 3 * * *")] TimerInfo timer, CancellationToken cancel)
    {
        var forgotten = await EachAccount.Run(
            tables, account => Account(account, cancel), (account, e) => Log.AccountFailed(logger, account.Value, e), cancel);
        if (forgotten > 0) Log.Forgotten(logger, forgotten);
    }

    /// <summary>Batch by batch from the oldest on, until one is met that is young enough.</summary>
    private async Task<int> Account(AccountId account, CancellationToken cancel)
    {
        var before = time.GetUtcNow() - KeptFor;
        var forgotten = 0;
        while (true)
        {
            var page = await RowPage.Read(ledger, LedgerKeys.Events(account.Value, 1), BatchMax, null, cancel);
            var old = page!.Rows.TakeWhile(row => row.GetDateTimeOffset("OccurredAt") < before).ToList();
            // Of what is looked at, the first that stays; of a page that goes as a whole, whatever follows it.
            var kept = page.Rows.Count > old.Count ? LedgerKeys.EventNumber(page.Rows[old.Count].RowKey)
                : old.Count > 0 && page.Next is not null ? LedgerKeys.EventNumber(old[^1].RowKey) + 1
                : LedgerKeys.EventNumberMax;
            // Also those of an event that went before. A crash after this leaves events without them; the next night goes on.
            await ForgetDeliveries(account, kept, cancel);
            if (old.Count == 0) return forgotten;

            await Delete(old, cancel);
            forgotten += old.Count;
        }
    }

    /// <summary>What is pending is ended by its worker, which finds no event.</summary>
    private async Task ForgetDeliveries(AccountId account, long before, CancellationToken cancel)
    {
        while (true)
        {
            var filter = LedgerKeys.DeliveriesOf(account.Value, 1, before);
            var page = await RowPage.Read(ledger, filter, BatchMax, null, cancel);
            if (page!.Rows.Count == 0) return;
            await Delete(page.Rows, cancel);
        }
    }

    private async Task Delete(IReadOnlyList<TableEntity> rows, CancellationToken cancel) => await ledger.SubmitTransactionAsync(
        rows.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, row.ETag)), cancel);

    private static partial class Log
    {
        [LoggerMessage(63, LogLevel.Information, "{Events} events of over 30 days ago were removed.")]
        public static partial void Forgotten(ILogger logger, int events);

        [LoggerMessage(64, LogLevel.Error, "{Account}: its old events could not be removed; the next day tries again.")]
        public static partial void AccountFailed(ILogger logger, string account, Exception e);
    }
}
