using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.Storage;
using Pipeline.Telemetry;

namespace Pipeline.Operator;

/// <summary>
/// Proves the books of all accounts at night, without their images, so that nobody need ask to hear that something is wrong. Each from
/// where its last good night ended, so that old accounts take no longer than young ones.
/// </summary>
public sealed partial class AuditAccounts(
    TableServiceClient tables, AuditAccount audit, Random random, TimeProvider time, ILogger<AuditAccounts> logger)
{
    /// <summary>No account is begun later. The host ends an invocation after 15 min (<c>functionTimeout</c>).</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(8);

    /// <summary>So that one account keeps the others from their turn no longer.</summary>
    private static readonly TimeSpan AccountMax = TimeSpan.FromMinutes(5);

    private readonly TableClient table = tables.GetTableClient(StorageNames.AccountsTable);

    [Function("AuditAccounts")]
    public async Task Run([TimerTrigger("0 57 2 * * *")] TimerInfo timer, CancellationToken cancel)
    {
        var until = time.GetUtcNow() + TimeMax;
        var accounts = await List(cancel);
        // An alert asks for nights of which nothing was measured.
        if (accounts.Count == 0) Meters.Audit("none");
        // From another one on each night: if the time is not enough for all, each has its chance.
        var first = accounts.Count > 0 ? random.Next(accounts.Count) : 0;
        int looked = 0, right = 0;
        while (looked < accounts.Count && time.GetUtcNow() < until)
        {
            var result = await Audit(accounts[(first + looked++) % accounts.Count], cancel);
            Meters.Audit(result);
            if (result == "ok") right++;
        }

        if (looked < accounts.Count) Log.OutOfTime(logger, looked, accounts.Count, TimeMax);
        else Log.Audited(logger, looked, right);
    }

    /// <summary>What can be read of the list; the rest is told of.</summary>
    private async Task<List<TableEntity>> List(CancellationToken cancel)
    {
        var accounts = new List<TableEntity>();
        try
        {
            var filter = TableClient.CreateQueryFilter($"PartitionKey eq {AccountKeys.AccountPartition}");
            var columns = new[] { "PartitionKey", "RowKey", AccountKeys.AuditedVersion, AccountKeys.AuditedHash };
            await foreach (var row in table.QueryAsync<TableEntity>(filter, select: columns, cancellationToken: cancel)) accounts.Add(row);
        }
        // The boundary of the list: what is known of it is looked at all the same.
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            Meters.Audit("unread");
            Log.NotListed(logger, accounts.Count, e);
        }

        return accounts;
    }

    /// <returns>The result in a word, see <see cref="Meters.Audit"/>.</returns>
    private async Task<string> Audit(TableEntity row, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(AccountMax, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            var from = row.GetString(AccountKeys.AuditedHash) is { } hash && row.GetInt64(AccountKeys.AuditedVersion) is { } version
                ? new Checkpoint(version, hash)
                : null;
            var found = await audit.Run(AccountId.Parse(row.RowKey), from, withImages: false, stop.Token);
            foreach (var check in found.Checks.Where(check => !check.Ok)) Log.Wrong(logger, row.RowKey, check.Name, check.Detail);
            if (!found.IsRight) return "wrong";
            // What a busy account kept from being checked is the next night's, from where this one began; so is all after a crash here.
            if (found.Checks.Any(check => check.Skipped)) return "partial";
            if (found.Reached is { } reached && reached != from) await Note(row, reached, cancel);
            return "ok";
        }
        // The boundary of an account: what is wrong with one must not keep the others from their turn.
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            var why = late.IsCancellationRequested ? string.Create(CultureInfo.InvariantCulture, $" within {AccountMax}") : "";
            Log.Unread(logger, row.RowKey, why, e);
            return "unread";
        }
    }

    private async Task Note(TableEntity row, Checkpoint reached, CancellationToken cancel)
    {
        var noted = new TableEntity(row.PartitionKey, row.RowKey)
        {
            [AccountKeys.AuditedVersion] = reached.Version,
            [AccountKeys.AuditedHash] = reached.Hash,
        };
        await table.UpdateEntityAsync(noted, ETag.All, TableUpdateMode.Merge, cancel);
    }

    private static partial class Log
    {
        [LoggerMessage(65, LogLevel.Information, "The books of {Accounts} accounts were looked at; those of {Right} are right.")]
        public static partial void Audited(ILogger logger, int accounts, int right);

        [LoggerMessage(66, LogLevel.Critical,
            "{Account}: its books are wrong, by the check {Check}: {Detail}. GET /v1/operator/verify?account= tells all.")]
        public static partial void Wrong(ILogger logger, string account, string check, string detail);

        [LoggerMessage(67, LogLevel.Error, "{Account}: its books could not be verified{Within}; the next night tries again.")]
        public static partial void Unread(ILogger logger, string account, string within, Exception e);

        [LoggerMessage(68, LogLevel.Warning, "Only the books of {Looked} of {Accounts} accounts were looked at within {Limit}.")]
        public static partial void OutOfTime(ILogger logger, int looked, int accounts, TimeSpan limit);

        [LoggerMessage(69, LogLevel.Error, "The accounts could not be listed to the end; the books of the first {Accounts} are looked at.")]
        public static partial void NotListed(ILogger logger, int accounts, Exception e);
    }
}
