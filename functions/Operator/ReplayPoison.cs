using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Storage;
using Pipeline.Webhooks;

namespace Pipeline.Operator;

/// <summary>Sends the kept messages of a queue again where there is something left to do, and clears the others away.</summary>
public sealed partial class ReplayPoison(
    TableServiceClient tables, PoisonQueues poison, JobTable jobs, JobQueues queues, ManifestTable manifests,
    ManifestTurns turns, DeliveryTable deliveries, DeliveryMessages messages, ILogger<ReplayPoison> logger)
{
    /// <summary>Messages sent or cleared in one call: seconds of work. What must be kept does not count, so no call is stuck.</summary>
    public const int MessagesMax = 200;

    private readonly TableClient table = tables.GetTableClient(StorageNames.PoisonTable);

    private enum Fate
    {
        Sent,
        Cleared,
        Kept,
    }

    [Function("ReplayPoison")]
    [Summary("Sends a queue's kept messages again if their jobs, manifests or deliveries are open, and clears those that are done.")]
    [Query(typeof(ReplayQuery))]
    [Answer(200, "What became of them. If some remain, call again.", typeof(ReplayView))]
    [Refuses(ProblemCode.NotFound)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/operator/poison/{queue}/replay")] HttpRequest request,
        [Description("As in the list of messages.")] string queue, CancellationToken cancel)
    {
        var query = new QueryFields(request.Query);
        var unreadable = query.Flag("unreadable") ?? false;
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (!StorageNames.Queues.Contains(queue))
            return Problems.NotFound($"There is no such queue; those are {string.Join(", ", StorageNames.Queues)}.");

        int sent = 0, cleared = 0, kept = 0, remaining = 0;
        var rows = table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {queue}"), cancellationToken: cancel);
        await foreach (var row in rows)
        {
            if (sent + cleared == MessagesMax) remaining++;
            else
            {
                switch (await Replay(PoisonMessage.FromRow(row), unreadable, cancel))
                {
                    case Fate.Sent: sent++; break;
                    case Fate.Cleared: cleared++; break;
                    case Fate.Kept: kept++; break;
                }
            }
        }

        Log.Replayed(logger, queue, sent, cleared, kept, remaining);
        return Results.Json(new ReplayView("replay", queue, sent, cleared, kept, remaining), Json.Options);
    }

    private async Task<Fate> Replay(PoisonMessage message, bool unreadable, CancellationToken cancel)
    {
        // A crash after this leaves a message that was sent and its row; the next replay sends another, which does no harm.
        var fate = message.Reason == PoisonReason.Unreadable
            ? await SendBack(message, unreadable, cancel)
            : message.Manifest is { } manifest ? await SendAgain(AccountId.Parse(message.Account!), manifest, cancel)
            : message.Delivery is { } delivery ? await DeliverAgain(AccountId.Parse(message.Account!), delivery, cancel)
            : await SendAgain(AccountId.Parse(message.Account!), JobId.Parse(message.Job!), cancel);
        if (fate != Fate.Kept) await table.DeleteEntityAsync(message.Queue, message.RowKey, cancellationToken: cancel);
        return fate;
    }

    /// <summary>To the lane of the job's model; what is done cannot be worked on again, only retried by its caller.</summary>
    private async Task<Fate> SendAgain(AccountId account, JobId id, CancellationToken cancel)
    {
        try
        {
            if (await jobs.Read(account, id, cancel) is not { IsTerminal: false } job) return Fate.Cleared;
            await queues.Send(job, TimeSpan.Zero, cancel);
            return Fate.Sent;
        }
        // Its row is damaged still.
        catch (Exception e) when (e is not RequestFailedException && !StorageFault.IsUnknownOutcome(e))
        {
            Log.Damaged(logger, account.Value, id.Value, e);
            return Fate.Kept;
        }
    }

    /// <summary>The message that the manifest waits for now.</summary>
    private async Task<Fate> SendAgain(AccountId account, string manifest, CancellationToken cancel)
    {
        try
        {
            if (!ManifestId.TryParse(manifest, out var id) || await manifests.Find(account, id, cancel) is not { IsOpen: true } open)
                return Fate.Cleared;
            await turns.Send(open, TimeSpan.Zero, cancel);
            return Fate.Sent;
        }
        catch (Exception e) when (e is not RequestFailedException && !StorageFault.IsUnknownOutcome(e))
        {
            Log.Damaged(logger, account.Value, manifest, e);
            return Fate.Kept;
        }
    }

    /// <summary>The message that the delivery waits for now, if it is pending after all.</summary>
    private async Task<Fate> DeliverAgain(AccountId account, string delivery, CancellationToken cancel)
    {
        try
        {
            if (!DeliveryId.TryParse(delivery, out var id) || await deliveries.Find(account, id, pending: true, cancel) is not { } pending)
                return Fate.Cleared;
            await messages.Send(pending, TimeSpan.Zero, cancel);
            return Fate.Sent;
        }
        catch (Exception e) when (e is not RequestFailedException && !StorageFault.IsUnknownOutcome(e))
        {
            Log.Damaged(logger, account.Value, delivery, e);
            return Fate.Kept;
        }
    }

    private async Task<Fate> SendBack(PoisonMessage message, bool unreadable, CancellationToken cancel)
    {
        if (!unreadable || !message.IsWhole) return Fate.Kept;
        await poison.SendBack(message.Queue, message.Body!, cancel);
        return Fate.Sent;
    }

    /// <summary>What may be asked for.</summary>
    public sealed record ReplayQuery(
        [DefaultValue(false), Description("Also sends what cannot be read, as it came. A version that can read it must be running.")]
        bool? Unreadable);

    /// <summary>A replay as the contract shows it.</summary>
    public sealed record ReplayView(
        [AllowedValues("replay")] string Object,
        string Queue,
        [Description("Messages sent again: their jobs or manifests are open, or they cannot be read and were asked for.")] int Sent,
        [Description("Messages removed from the list: their jobs or manifests are done or gone.")] int Cleared,
        [Description("Messages that stay: damaged jobs and manifests, and what cannot be read.")] int Kept,
        [Description("Messages that this call did not come to.")] int Remaining);

    private static partial class Log
    {
        [LoggerMessage(28, LogLevel.Information,
            "Poison messages of {Queue} replayed: {Sent} sent, {Cleared} cleared, {Kept} kept, {Remaining} remain.")]
        public static partial void Replayed(ILogger logger, string queue, int sent, int cleared, int kept, int remaining);

        [LoggerMessage(29, LogLevel.Warning, "{Account} {Reference}: its message cannot be sent again, as it is damaged still.")]
        public static partial void Damaged(ILogger logger, string account, string reference, Exception e);
    }
}
