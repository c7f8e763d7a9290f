using Azure.Data.Tables;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>Removes the Idempotency-Keys that expired. Reads nothing else; until then an expired key is as good as none.</summary>
public sealed partial class ForgetKeys(TableServiceClient tables, TimeProvider time, ILogger<ForgetKeys> logger)
{
    /// <summary>The most that one transaction takes.</summary>
    private const int BatchMax = 100;

    private readonly TableClient ledger = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("ForgetKeys")]
    public async Task Run([TimerTrigger("0 17 3 * * *")] TimerInfo timer, CancellationToken cancel)
    {
        var forgotten = await EachAccount.Run(
            tables, account => Account(account, cancel), (account, e) => Log.AccountFailed(logger, account.Value, e), cancel);
        if (forgotten > 0) Log.Forgotten(logger, forgotten);
    }

    private async Task<int> Account(AccountId account, CancellationToken cancel)
    {
        var forgotten = 0;
        var batch = new List<TableTransactionAction>(BatchMax);
        var rows = ledger.QueryAsync<TableEntity>(
            TakenKey.Expired(account, time.GetUtcNow()), select: ["PartitionKey", "RowKey"], cancellationToken: cancel);
        await foreach (var row in rows)
        {
            batch.Add(new TableTransactionAction(TableTransactionActionType.Delete, row, row.ETag));
            if (batch.Count == BatchMax) forgotten += await Delete(account, batch, cancel);
        }

        return forgotten + (batch.Count > 0 ? await Delete(account, batch, cancel) : 0);
    }

    /// <summary>A crash after this leaves keys that expired, to the next day.</summary>
    private async Task<int> Delete(AccountId account, List<TableTransactionAction> batch, CancellationToken cancel)
    {
        try
        {
            await ledger.SubmitTransactionAsync(batch, cancel);
            return batch.Count;
        }
        catch (TableTransactionFailedException e) when (e.Status is 404 or 412)
        {
            // One of them was taken anew in this moment, and stays. The others have time until tomorrow.
            Log.Later(logger, account.Value, batch.Count);
            return 0;
        }
        finally
        {
            batch.Clear();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(60, LogLevel.Information, "{Keys} expired Idempotency-Keys were removed.")]
        public static partial void Forgotten(ILogger logger, int keys);

        [LoggerMessage(61, LogLevel.Information, "{Account}: {Keys} expired Idempotency-Keys are left to the next day.")]
        public static partial void Later(ILogger logger, string account, int keys);

        [LoggerMessage(62, LogLevel.Error, "{Account}: its expired Idempotency-Keys could not be removed; the next day tries again.")]
        public static partial void AccountFailed(ILogger logger, string account, Exception e);
    }
}
