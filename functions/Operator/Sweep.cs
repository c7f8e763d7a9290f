using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Messages;
using Pipeline.Storage;
using Pipeline.Webhooks;

namespace Pipeline.Operator;

/// <summary>
/// Finds what a crash left behind and sets it going again. Reads only open holds, deliveries and deletions that are due, and the poison
/// queues; never what is done.
/// </summary>
public sealed partial class Sweep(
    TableServiceClient tables, MessageQueues all, JobQueues queues, DeliveryMessages messages, SettlePoison poison, ResendJob resend,
    ResumeManifest resume, RegisterMissedFiles missed, ResendDelivery redeliver, EraseImages erase, JobOptions options, TimeProvider time,
    ILogger<Sweep> logger)
{
    /// <summary>Files of manifests are listed less often: an event rarely fails to come, and a list costs the most of all here.</summary>
    private const int MinutesBetweenLists = 5;

    private readonly TableClient ledger = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("Sweep")]
    public async Task Run([TimerTrigger("0 * * * * *")] TimerInfo timer, CancellationToken cancel) =>
        await Once(time.GetUtcNow().Minute % MinutesBetweenLists == 0, cancel);

    [Function("SweepNow")]
    [Summary("Looks now for what a crash left behind, as is done every minute.")]
    [Answer(200, "What was found.", typeof(SweepView))]
    [Refuses(ProblemCode.UnknownField)]
    public async Task<IResult> RunNow(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/operator/sweep")] HttpRequest request, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        var swept = await Once(withFiles: true, cancel);
        return Results.Json(new SweepView("sweep", swept.Looked, swept.Resumed, swept.Poisoned), Json.Options);
    }

    /// <summary>A sweep as the contract shows it.</summary>
    public sealed record SweepView(
        [AllowedValues("sweep")] string Object,
        [Description("How many open holds, deliveries and deletions were due.")] int Looked,
        [Description("How many were set going again, with files of manifests whose event never came.")] int Resumed,
        [Description("How many messages were taken out of the poison queues and kept for the operator.")] int Poisoned);

    private async Task<(int Looked, int Resumed, int Poisoned)> Once(bool withFiles, CancellationToken cancel)
    {
        // First: a job that ends here needs no other message.
        var poisoned = await poison.Run(cancel);
        var idle = new Idle(
            await IfKnown(() => queues.FindIdle(cancel), IdleLanes.None, cancel),
            await IfKnown(() => messages.IsIdle(cancel), false, cancel));
        // Only measured: an open manifest's next turn is due at a time that its row has.
        await IfKnown(() => all.IsIdle(StorageNames.AdvanceQueue, cancel), false, cancel);
        int looked = 0, resumed = 0;
        var accounts = new HashSet<AccountId>();
        await foreach (var account in AccountKeys.All(tables, cancel))
        {
            accounts.Add(account);
            try
            {
                var (due, set) = await Account(account, idle, cancel);
                looked += due;
                resumed += set;
            }
            // The boundary of an account: what is wrong with one must not keep the sweeper from the others.
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                Log.AccountFailed(logger, account.Value, e);
            }
        }

        if (withFiles) resumed += await FindMissed(accounts, cancel);
        if (looked > 0) Log.Swept(logger, looked, resumed);
        return (looked, resumed, poisoned);
    }

    /// <summary>What has no message that waits: the lanes of jobs, and the queue of deliveries.</summary>
    private sealed record Idle(IdleLanes Lanes, bool Deliveries);

    /// <summary>Queues of which that is not known count as busy: the sweeper then only looks less often.</summary>
    private async Task<T> IfKnown<T>(Func<Task<T>> find, T otherwise, CancellationToken cancel)
    {
        try
        {
            return await find();
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            Log.LanesUnknown(logger, e);
            return otherwise;
        }
    }

    private async Task<int> FindMissed(IReadOnlySet<AccountId> accounts, CancellationToken cancel)
    {
        try
        {
            return await missed.Run(accounts, cancel);
        }
        // The boundary of the list: what is wrong with a file must not keep the sweeper from its report.
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            Log.FilesUnknown(logger, e);
            return 0;
        }
    }

    private async Task<(int Looked, int Resumed)> Account(AccountId account, Idle idle, CancellationToken cancel)
    {
        int looked = 0, resumed = 0;
        var due = TableClient.CreateQueryFilter($"Due le {time.GetUtcNow()}");
        // Who was left to a backlog that is gone now does not wait for the time that was planned in it.
        if (idle.Lanes.All) due += $" or (Left gt 0 and {LedgerKeys.BeforeOutbox})";
        if (idle.Deliveries) due += $" or (Left gt 0 and {LedgerKeys.InOutbox})";
        var rows = ledger.QueryAsync<TableEntity>($"{LedgerKeys.AllOpenAndOutbox(account.Value)} and ({due})", cancellationToken: cancel);
        await foreach (var row in rows)
        {
            looked++;
            try
            {
                var isResumed = LedgerKeys.IsOutbox(row.RowKey)
                    ? await redeliver.Look(row, idle.Deliveries, options.ResendAfter, cancel)
                    : await Look(OpenHold.FromRow(row), idle.Lanes, cancel);
                if (isResumed) resumed++;
            }
            // The boundary of a hold or delivery: what is wrong with one must not keep the sweeper from the others.
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                Log.RowFailed(logger, account.Value, row.RowKey, e);
            }
        }

        // A query of its own: between the two kinds of rows lie all entries and jobs, and one query would walk through them.
        await foreach (var row in erase.Due(account, cancel))
        {
            looked++;
            try
            {
                await erase.Again(account, row, cancel);
                resumed++;
            }
            // The boundary of a deletion: what is wrong with one must not keep the sweeper from the others.
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                Log.RowFailed(logger, account.Value, row.RowKey, e);
            }
        }

        return (looked, resumed);
    }

    /// <summary>A crash in here leaves the hold due, and the next sweep does it again: a second message does no harm.</summary>
    private async Task<bool> Look(OpenHold hold, IdleLanes idle, CancellationToken cancel)
    {
        var found = ManifestId.TryParse(hold.Reference, out var manifest)
            ? await resume.Look(hold, manifest, cancel)
            : await resend.Look(hold, idle, cancel);
        if (found is not { } look)
        {
            // It ended since the list was read, and its hold with it; else the books are wrong, and only a human may touch them.
            var still = await ledger.GetEntityIfExistsAsync<TableEntity>(
                hold.Account.Value, LedgerKeys.Open(hold.Reference), cancellationToken: cancel);
            if (still.HasValue) Log.Orphan(logger, hold.Account.Value, hold.Reference, hold.Held);
            return false;
        }

        try
        {
            await ledger.UpdateEntityAsync(look.Next.ToRow(), hold.ETag, TableUpdateMode.Replace, cancel);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            // The job ended meanwhile, or another sweep was faster.
        }

        return look.Resumed;
    }

    private static partial class Log
    {
        [LoggerMessage(22, LogLevel.Error, "{Account} could not be swept; the next sweep tries again.")]
        public static partial void AccountFailed(ILogger logger, string account, Exception e);

        [LoggerMessage(23, LogLevel.Error, "{Account} {Row} could not be swept; the next sweep tries again.")]
        public static partial void RowFailed(ILogger logger, string account, string row, Exception e);

        [LoggerMessage(36, LogLevel.Error, "The queues could not be looked at; the next sweep tries again.")]
        public static partial void LanesUnknown(ILogger logger, Exception e);

        [LoggerMessage(40, LogLevel.Error, "The files of manifests could not be listed to the end; a later sweep tries again.")]
        public static partial void FilesUnknown(ILogger logger, Exception e);

        [LoggerMessage(20, LogLevel.Information,
            "Swept: {Looked} open holds, deliveries and deletions were due, {Resumed} were set going again.")]
        public static partial void Swept(ILogger logger, int looked, int resumed);

        [LoggerMessage(21, LogLevel.Error,
            "{Account}: {Held} credits are held for {Reference}, which is not open. GET /v1/credits/verify tells more.")]
        public static partial void Orphan(ILogger logger, string account, string reference, long held);
    }
}
