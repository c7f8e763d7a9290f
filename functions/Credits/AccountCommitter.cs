using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;
using Pipeline.Telemetry;

namespace Pipeline.Credits;

/// <summary>
/// Writes one account's decisions, in the order in which they came: all that wait while a transaction is under way go into the next one.
/// </summary>
internal sealed partial class AccountCommitter(AccountId account, TableClient table, TimeProvider time, Random random, ILogger logger)
{
    /// <summary>Decisions that may wait; some 14 go into one transaction, so the last waits a second or two.</summary>
    public const int WaitingMax = 1_000;

    /// <summary>
    /// Tries against other processes before the callers hear that storage is too busy; with full jitter, some 5 s in all.
    /// </summary>
    private const int TriesMax = 20;

    /// <summary>Tries whose outcome is unknown, each with the SDK's own retries behind it: longer a caller should not wait.</summary>
    private const int UnknownMax = 3;

    /// <summary>No transaction takes more: each decision has at least an entry or a row.</summary>
    private const int BatchMax = 99;

    private static readonly TimeSpan BackOffMax = TimeSpan.FromMilliseconds(500);

    private readonly AccountTurns turns = new(account, table, time, random);
    private readonly LinkedList<PendingDecision> waiting = new();
    private bool isWorking;

    /// <summary>How many of those that wait must go one by one, because together they were refused.</summary>
    private int alone;

    /// <summary>The row as this process last wrote or read it, or null if it must be read.</summary>
    private AccountRow? known;

    /// <inheritdoc cref="Ledger.Commit"/>
    public Task<CommitResult> Take(Decide decide, CancellationToken cancel)
    {
        var pending = new PendingDecision(decide, cancel);
        lock (waiting)
        {
            if (waiting.Count >= WaitingMax) throw new StorageBusyException($"Account {account}, for which {WaitingMax} decisions wait");
            waiting.AddLast(pending);
            if (!isWorking)
            {
                isWorking = true;
                // Without the context of this caller: what is written for many is part of nobody's trace.
                ThreadPool.UnsafeQueueUserWorkItem(static committer => _ = committer.Work(), this, preferLocal: false);
            }
        }

        return pending.Outcome;
    }

    private async Task Work()
    {
        while (Next() is { Count: > 0 } batch)
        {
            try
            {
                await Commit(batch);
            }
            // The boundary of a batch: its callers hear of it.
            catch (Exception e)
            {
                known = null;
                foreach (var pending in batch) pending.Fail(e);
            }
        }
    }

    private List<PendingDecision> Next()
    {
        lock (waiting)
        {
            var batch = new List<PendingDecision>();
            while (waiting.First is { Value: var pending } && batch.Count < (alone > 0 ? 1 : BatchMax))
            {
                waiting.RemoveFirst();
                if (pending.TryTake()) batch.Add(pending);
            }

            if (alone > 0) alone--;
            isWorking = batch.Count > 0;
            return batch;
        }
    }

    /// <summary>Tries until every decision of the batch is settled, or put back to wait for the next one.</summary>
    private async Task Commit(List<PendingDecision> batch)
    {
        var sent = new List<CommitTry>();
        var unknown = 0;
        for (var tries = 1; tries <= TriesMax && unknown < UnknownMax;)
        {
            var isRemembered = known is not null;
            known ??= await turns.Read();
            if (known is null)
            {
                foreach (var pending in batch) pending.Answer(new CommitResult.NoAccount());
                return;
            }

            if (await FindWritten(sent, known) is { } written)
            {
                Settle(written, batch);
                return;
            }

            var fold = CommitTry.Fold(account, known, time.GetUtcNow(), batch);
            if (!fold.HasWrites && isRemembered && fold.HasRefusals)
            {
                // Another process may have granted credits since this one last looked: refuse only on what was just read.
                known = null;
                continue;
            }

            switch (fold.HasWrites ? await Send(fold, known) : new SendOutcome.Written())
            {
                case SendOutcome.Written:
                    Settle(fold, batch);
                    return;
                case SendOutcome.Refused { Decision: null } when sent.Count == 0 && batch.Count > 1:
                    PutBack(batch, oneByOne: true);
                    return;
                case SendOutcome.Refused refused:
                    // It alone is stale or wrong; the account's row passed, so the rest is tried again at once.
                    Drop(refused, batch);
                    if (batch.Count == 0) return;
                    continue;
                case SendOutcome.Unknown lost:
                    sent.Add(fold);
                    if (!lost.IsConflict) unknown++;
                    known = null;
                    if (lost.IsConflict && tries % AccountTurns.ConflictsBeforeAsking == 0) await turns.Ask();
                    else await Task.Delay(BackOffMax * (random.NextDouble() * tries / TriesMax), time, CancellationToken.None);
                    tries++;
                    break;
            }
        }

        // What the last try sent may have been written all the same.
        known = null;
        if (await FindWritten(sent, null) is { } late) Settle(late, batch);
        else throw new StorageBusyException($"Account {account}", TriesMax);
    }

    private static void Drop(SendOutcome.Refused refused, List<PendingDecision> batch)
    {
        if (refused.Decision is not { } stale) throw refused.Fault;
        batch.Remove(stale);
        if (refused.Result is { } result) stale.Answer(result);
        else stale.Fail(refused.Fault);
    }

    private async Task<SendOutcome> Send(CommitTry fold, AccountRow from)
    {
        var outcome = await TrySend(fold, from);
        Meters.Commit(outcome.Name);
        return outcome;
    }

    private async Task<SendOutcome> TrySend(CommitTry fold, AccountRow from)
    {
        try
        {
            // Not canceled once sent: whether it was written must be known.
            var answer = await table.SubmitTransactionAsync(fold.Actions(from.ETag), CancellationToken.None);
            fold.Written(answer.Value);
            known = answer.Value[0].Headers.ETag is { } etag ? fold.RowAfter(etag) : null;
            return new SendOutcome.Written();
        }
        catch (TableTransactionFailedException e) when (fold.OwnerOf(e.FailedTransactionActionIndex) is var (decision, rowKey))
        {
            // The account row came first in the transaction and passed, so no earlier try of the SDK was written.
            return new SendOutcome.Refused(decision, e.Status is 404 or 409 or 412 ? new CommitResult.RowConflict(rowKey) : null, e);
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            // Another process was faster, or the SDK tried again after the answer to its first try was lost.
            return new SendOutcome.Unknown(IsConflict: true);
        }
        catch (Exception e) when (StorageFault.IsUnknownOutcome(e))
        {
            return new SendOutcome.Unknown(IsConflict: false);
        }
        catch (RequestFailedException e)
        {
            return new SendOutcome.Refused(null, null, e);
        }
    }

    /// <summary>
    /// Settles an unknown outcome by reading back, never by assuming. A transaction may still be on its way when the account is
    /// read; then the account's ETag lets either it or the next try through, and the try after that finds it here.
    /// </summary>
    /// <param name="sent">Those of which that is not known.</param>
    /// <param name="row">The account's row as it is, or null if it may be any.</param>
    private async Task<CommitTry?> FindWritten(List<CommitTry> sent, AccountRow? row)
    {
        foreach (var fold in sent.Where(fold => row is null || fold.MayBeBehind(row)).ToList())
        {
            var proof = await table.GetEntityIfExistsAsync<TableEntity>(
                account.Value, fold.Proof, ["Commit"], CancellationToken.None);
            if (proof.HasValue && proof.Value!.GetString("Commit") == fold.Id) return fold;
            sent.Remove(fold);
        }

        return null;
    }

    /// <summary>Tells all whose decisions the written try settled; the others go first into the next batch.</summary>
    private void Settle(CommitTry fold, List<PendingDecision> batch)
    {
        foreach (var entry in fold.Entries) Meters.Credits(Json.Name(entry.Transfer.Kind), entry.Transfer.Amount);
        foreach (var (pending, result) in fold.Results) pending.Answer(result);
        foreach (var (pending, fault) in fold.Faults) pending.Fail(fault);
        PutBack([.. batch.Where(pending => !fold.Results.ContainsKey(pending) && !fold.Faults.ContainsKey(pending))], oneByOne: false);
        if (fold.After.IsLow && !fold.Before.IsLow) Log.IsLow(logger, account.Value, fold.After.Balance.Available);
    }

    private void PutBack(List<PendingDecision> batch, bool oneByOne)
    {
        lock (waiting)
        {
            for (var i = batch.Count - 1; i >= 0; i--) waiting.AddFirst(batch[i]);
            if (oneByOne) alone = batch.Count;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(70, LogLevel.Warning, "{Account}: only {Available} credits are available.")]
        public static partial void IsLow(ILogger logger, string account, long available);
    }
}
