using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>
/// Takes messages out of the poison queues: ends the jobs that they point at, which releases what those hold, and keeps the messages for
/// the operator.
/// </summary>
public sealed partial class SettlePoison(
    TableServiceClient tables, PoisonQueues queues, JobTable jobs, EndIdleJob idle, JobOptions options, TimeProvider time,
    ILogger<SettlePoison> logger)
{
    /// <summary>Messages of a lane in one sweep. The rest is for the next: a sweep must not last until then.</summary>
    public const int MessagesMax = 320;

    private const int DetailLengthMax = 1000;

    private readonly TableClient table = tables.GetTableClient(StorageNames.PoisonTable);

    /// <returns>How many messages are out of the poison queues now.</returns>
    public async Task<int> Run(CancellationToken cancel)
    {
        var settled = 0;
        foreach (var lane in PoisonQueues.Lanes)
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
        var work = PoisonMessage.Read(message.Body.ToString());
        // A crash after this leaves a job that is done and its message; the next sweep finds it done and goes on here.
        var found = work is { } named
            ? await EndJob(named.Account, named.Job, cancel)
            : (PoisonReason.Unreadable, "It is not base64 of { \"account\", \"job\" }.");
        if (found is not var (reason, detail)) return false;

        var kept = PoisonMessage.Of(
            lane, message, work?.Account.Value, work?.Job.Value, reason, detail[..Math.Min(detail.Length, DetailLengthMax)],
            time.GetUtcNow());
        // A crash after this leaves the message beside its row; the next sweep finds the row and deletes the message.
        await Keep(kept, cancel);
        await queues.Delete(lane, message, cancel);
        Log.Settled(logger, kept.Account, kept.Job, lane, message.MessageId, reason);
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
            "{Account} {Job}: its message {Id} of {Queue} failed at every delivery ({Reason}). GET /v1/operator/poison lists it.")]
        public static partial void Settled(ILogger logger, string? account, string? job, string queue, string id, PoisonReason reason);

        [LoggerMessage(27, LogLevel.Error, "{Account} {Job}: it is damaged and cannot be ended; its hold stands.")]
        public static partial void Damaged(ILogger logger, string account, string job, Exception e);
    }
}
