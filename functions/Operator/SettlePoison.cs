using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Storage;
using Pipeline.Telemetry;
using Pipeline.Webhooks;

namespace Pipeline.Operator;

/// <summary>
/// Takes messages out of the poison queues: ends the jobs that they point at, which releases what those hold, and keeps the messages for
/// the operator. Manifests are not ended: the sweeper takes them on. Deliveries are listed as failed.
/// </summary>
public sealed partial class SettlePoison(
    TableServiceClient tables, PoisonQueues queues, JobTable jobs, ManifestTable manifests, DeliveryTable deliveries, EndIdleJob idle,
    JobOptions options, TimeProvider time, ILogger<SettlePoison> logger)
{
    /// <summary>Messages of a lane in one sweep. The rest is for the next: a sweep must not last until then.</summary>
    public const int MessagesMax = 320;

    private const int DetailLengthMax = 1000;

    private readonly TableClient table = tables.GetTableClient(StorageNames.PoisonTable);

    /// <returns>How many messages are out of the poison queues now.</returns>
    public async Task<int> Run(CancellationToken cancel)
    {
        var settled = 0;
        foreach (var lane in StorageNames.Queues)
        {
            try
            {
                settled += await Lane(lane, cancel);
            }
            // The boundary of a lane: what is wrong with one must not keep the sweeper from all else.
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                Log.LaneFailed(logger, lane, e);
            }
        }

        return settled;
    }

    private async Task<int> Lane(string lane, CancellationToken cancel)
    {
        int settled = 0, taken = 0;
        while (taken < MessagesMax)
        {
            // A crash after this leaves messages hidden for seconds.
            var messages = await queues.Receive(lane, cancel);
            if (messages.Count == 0) break;
            taken += messages.Count;
            foreach (var message in messages)
            {
                try
                {
                    if (await Settle(lane, message, cancel)) settled++;
                }
                // The boundary of a message: what is wrong with one must not keep the sweeper from the others.
                catch (Exception e) when (!cancel.IsCancellationRequested)
                {
                    Log.MessageFailed(logger, lane, message.MessageId, e);
                }
            }
        }

        return settled;
    }

    private async Task<bool> Settle(string lane, QueueMessage message, CancellationToken cancel)
    {
        var target = PoisonMessage.Read(lane, message.Body.ToString());
        // A crash after this leaves a job that is done and its message; the next sweep finds it done and goes on here.
        var found = target switch
        {
            { Job: { } job } => await EndJob(target.Account, job, cancel),
            { Manifest: { } manifest } => await LookAt(target.Account, manifest, cancel),
            { Delivery: { } delivery } => await EndDelivery(target.Account, delivery, target.Turn, cancel),
            _ => (PoisonReason.Unreadable, "It is not base64 of JSON as this app writes it."),
        };
        if (found is not var (reason, detail)) return false;

        var kept = PoisonMessage.Of(
            lane, message, target, reason, detail[..Math.Min(detail.Length, DetailLengthMax)], time.GetUtcNow());
        // A crash after this leaves the message beside its row; the next sweep finds the row and deletes the message.
        await Keep(kept, cancel);
        await queues.Delete(lane, message, cancel);
        Meters.Poison(lane);
        Log.Settled(logger, kept.Account, target?.Reference, lane, message.MessageId, reason);
        return true;
    }

    /// <returns>What was found and done; null if a later sweep must look again, as somebody is at the job.</returns>
    private async Task<(PoisonReason Reason, string Detail)?> EndJob(AccountId account, JobId id, CancellationToken cancel)
    {
        try
        {
            if (await jobs.Read(account, id, cancel) is not { } job) return (PoisonReason.NoJob, "There is no such job.");
            if (job.IsTerminal) return (PoisonReason.JobDone, $"The job was done before: {Json.Name(job.Status)}.");

            // The worker's own rule, so that the two never disagree on whose turn it is. Where it would work, it has failed.
            var rule = ClaimRules.Decide(job, options, time.GetUtcNow());
            if (rule == ClaimRule.Leave) return null;
            var result = rule == ClaimRule.Take ? await idle.EndPoisoned(job, cancel) : await idle.End(job, rule, cancel);
            return result is EndResult.Ended ended
                ? (PoisonReason.JobEnded, $"The job was open; it ended {Json.Name(ended.Job.Status)}.")
                : null;
        }
        // Not storage: what is damaged is so in the next sweep, too, and only a human can mend it.
        catch (Exception e) when (e is not (RequestFailedException or StorageBusyException) && !StorageFault.IsUnknownOutcome(e))
        {
            Log.Damaged(logger, account.Value, id.Value, e);
            return (PoisonReason.JobDamaged, e.Message);
        }
    }

    private async Task<(PoisonReason Reason, string Detail)?> LookAt(AccountId account, ManifestId id, CancellationToken cancel)
    {
        try
        {
            return await manifests.Find(account, id, cancel) switch
            {
                null => (PoisonReason.ManifestDone, "There is no such manifest."),
                { IsOpen: true } => (PoisonReason.ManifestOpen, "It is open; the sweeper takes it on. Its caller may cancel it."),
                var done => (PoisonReason.ManifestDone, $"The manifest was done before: {Json.Name(done.State)}."),
            };
        }
        catch (Exception e) when (e is not RequestFailedException && !StorageFault.IsUnknownOutcome(e))
        {
            Log.Damaged(logger, account.Value, id.Value, e);
            return (PoisonReason.ManifestDamaged, e.Message);
        }
    }

    private async Task<(PoisonReason Reason, string Detail)?> EndDelivery(
        AccountId account, DeliveryId id, int turn, CancellationToken cancel)
    {
        try
        {
            if (await deliveries.Find(account, id, pending: true, cancel) is not { } delivery)
                return (PoisonReason.DeliveryDone, "The delivery was done before, or there is none.");
            if (delivery.Turn != turn) return (PoisonReason.DeliveryDone, "The delivery has moved on since this message was sent.");
            var now = time.GetUtcNow();
            var fault = new DeliveryAttempt(
                now, null, 0, $"This service itself failed {EndIdleJob.DeliveriesMax} times to call the endpoint.");
            var failed = delivery.Tried(fault) with { State = DeliveryState.Failed, FinishedAt = now, Turn = delivery.Turn + 1 };
            // If somebody else took it on meanwhile, a later sweep looks again.
            return await deliveries.TryChange(delivery, failed, cancel)
                ? (PoisonReason.DeliveryEnded, "The delivery was pending; it is listed as failed, and its account may ask for it again.")
                : null;
        }
        catch (Exception e) when (e is not (RequestFailedException or StorageBusyException) && !StorageFault.IsUnknownOutcome(e))
        {
            Log.Damaged(logger, account.Value, id.Value, e);
            return (PoisonReason.DeliveryDamaged, e.Message);
        }
    }

    private async Task Keep(PoisonMessage message, CancellationToken cancel)
    {
        try
        {
            await table.AddEntityAsync(message.ToRow(), cancel);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            // Kept by a sweep that crashed, or by one at the same time; what that one saw stays.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(24, LogLevel.Error, "The poison messages of {Queue} could not be read; the next sweep tries again.")]
        public static partial void LaneFailed(ILogger logger, string queue, Exception e);

        [LoggerMessage(25, LogLevel.Error, "Poison message {Id} of {Queue} could not be settled; the next sweep tries again.")]
        public static partial void MessageFailed(ILogger logger, string queue, string id, Exception e);

        [LoggerMessage(26, LogLevel.Error,
            "{Account} {Reference}: its message {Id} of {Queue} failed at every delivery ({Reason}). GET /v1/operator/poison lists it.")]
        public static partial void Settled(
            ILogger logger, string? account, string? reference, string queue, string id, PoisonReason reason);

        [LoggerMessage(27, LogLevel.Error, "{Account} {Reference}: it is damaged and cannot be ended; what it holds stays.")]
        public static partial void Damaged(ILogger logger, string account, string reference, Exception e);
    }
}
