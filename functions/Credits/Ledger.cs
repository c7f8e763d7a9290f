using System.Collections.Concurrent;
using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>The credits of all accounts: takes decisions, and writes each with its entries and rows in one transaction.</summary>
/// <remarks>
/// An account's partition is one consistency unit: the account row is changed under its ETag in every transaction, so two
/// transactions that saw the same balance cannot both be written. In this process the decisions of one account queue up, so that
/// only other processes ever conflict.
/// </remarks>
public sealed class Ledger(TableServiceClient tables, TimeProvider time, Random random)
{
    /// <summary>
    /// Tries against other processes before the caller hears that storage is too busy; with full jitter, some 5 s in all.
    /// </summary>
    private const int TriesMax = 20;

    /// <summary>Tries whose outcome is unknown, each with the SDK's own retries behind it: longer a caller should not wait.</summary>
    private const int UnknownMax = 3;

    private static readonly TimeSpan BackOffMax = TimeSpan.FromMilliseconds(500);

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);
    private readonly ConcurrentDictionary<AccountId, AccountGate> gates = new();

    /// <summary>Opens an account, with a first grant or none.</summary>
    /// <returns>The balance, or null if the account was there already; then nothing changed.</returns>
    public async Task<Balance?> Open(AccountId account, Transfer? grant, CancellationToken cancel)
    {
        var commit = NumberedTransfers.From(Balance.Zero, grant is null ? [] : [grant], Base32.Random(16), time.GetUtcNow());
        var row = AccountRow.From(account, commit.After);
        row["OpenedBy"] = commit.Id;
        try
        {
            await table.SubmitTransactionAsync([new(TableTransactionActionType.Add, row), .. commit.Rows(account)], cancel);
            return commit.After;
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            // The SDK tries again after a lost answer, and then meets what its first try wrote.
            var found = await table.GetEntityAsync<TableEntity>(account.Value, LedgerKeys.Account, cancellationToken: cancel);
            return found.Value.GetString("OpenedBy") == commit.Id ? commit.After : null;
        }
    }

    /// <summary>The account's balance now, or null if there is no such account.</summary>
    public async Task<Balance?> Read(AccountId account, CancellationToken cancel) => (await ReadRow(account, cancel))?.Balance;

    /// <summary>Takes a decision on the account's balance and writes what it accepts, exactly once.</summary>
    /// <param name="account">Whose credits.</param>
    /// <param name="decide">May be called several times; the last call counts.</param>
    /// <param name="cancel">Gives up before a transaction is sent, never while one is under way.</param>
    /// <exception cref="StorageBusyException">
    /// Storage or other processes stood in the way at every try. Almost surely nothing is written; if it is, then all of it.
    /// </exception>
    public async Task<CommitResult> Commit(AccountId account, Decide decide, CancellationToken cancel)
    {
        var gate = gates.GetOrAdd(account, static _ => new AccountGate());
        await gate.Turn.WaitAsync(cancel);
        try
        {
            var commit = new PendingCommit(Base32.Random(16));
            for (var tries = 1; tries <= TriesMax; tries++)
            {
                var result = await TryCommit(account, gate, commit, decide, cancel);
                if (result is not null) return result;
                if (commit.Unknown == UnknownMax) break;
                await Task.Delay(BackOffMax * (random.NextDouble() * tries / TriesMax), time, cancel);
            }

            // What the last try sent may have been written all the same.
            return await FindWritten(account, commit, long.MaxValue, cancel)
                ?? throw new StorageBusyException($"Account {account}", TriesMax);
        }
        finally
        {
            gate.Turn.Release();
        }
    }

    /// <returns>The outcome, or null when the account must be read and the decision taken again.</returns>
    private async Task<CommitResult?> TryCommit(
        AccountId account, AccountGate gate, PendingCommit commit, Decide decide, CancellationToken cancel)
    {
        var remembered = gate.Known is not null;
        var known = gate.Known ??= await ReadRow(account, cancel);
        if (known is null) return new CommitResult.NoAccount();
        if (await FindWritten(account, commit, known.Balance.Version, cancel) is { } written) return written;

        switch (decide(known.Balance))
        {
            case Decision.Insufficient when remembered:
                // Another process may have granted credits since this one last looked: refuse only on what was just read.
                gate.Known = null;
                return null;
            case Decision.Insufficient refused:
                return new CommitResult.Insufficient(refused.Needed, refused.Available);
            case Decision.Accept accepted:
                return await Write(account, gate, commit, known, accepted);
            default:
                throw new InvalidOperationException("Every decision is accepted or refused.");
        }
    }

    private async Task<CommitResult?> Write(
        AccountId account, AccountGate gate, PendingCommit commit, AccountRow known, Decision.Accept accepted)
    {
        var numbered = NumberedTransfers.From(known.Balance, accepted.Transfers, commit.Id, time.GetUtcNow());
        var entries = numbered.Rows(account);
        TableTransactionAction[] actions =
        [
            new(TableTransactionActionType.UpdateMerge, AccountRow.From(account, numbered.After), known.ETag),
            .. entries,
            .. accepted.Rows,
        ];
        gate.Known = null;
        try
        {
            // Not canceled once sent: whether it was written must be known.
            var answer = await table.SubmitTransactionAsync(actions, CancellationToken.None);
            if (answer.Value[0].Headers.ETag is { } etag) gate.Known = new AccountRow(numbered.After, etag);
            return new CommitResult.Committed(numbered.Entries, numbered.After);
        }
        catch (TableTransactionFailedException e) when (e.FailedTransactionActionIndex > entries.Count && e.Status is 404 or 409 or 412)
        {
            // The account row came first in the transaction and passed, so no earlier try of the SDK was written.
            return new CommitResult.RowConflict(actions[e.FailedTransactionActionIndex!.Value].Entity.RowKey);
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            // Another process was faster, or the SDK tried again after the answer to its first try was lost.
            commit.Sent.Add(numbered);
            return null;
        }
        catch (Exception e) when (StorageFault.IsUnknownOutcome(e))
        {
            commit.Sent.Add(numbered);
            commit.Unknown++;
            return null;
        }
    }

    /// <summary>
    /// Settles an unknown outcome by reading back, never by assuming. A transaction may still be on its way when the account is
    /// read; then the account's ETag lets either it or the next try through, and the try after that finds it here.
    /// </summary>
    private async Task<CommitResult?> FindWritten(AccountId account, PendingCommit commit, long version, CancellationToken cancel)
    {
        foreach (var sent in commit.Sent.Where(sent => sent.After.Version <= version).ToList())
        {
            var row = await table.GetEntityIfExistsAsync<TableEntity>(
                account.Value, LedgerKeys.Entry(sent.After.Version), cancellationToken: cancel);
            if (row.HasValue && Entry.FromRow(row.Value!).Commit == commit.Id) return new CommitResult.Committed(sent.Entries, sent.After);
            commit.Sent.Remove(sent);
        }

        return null;
    }

    private async Task<AccountRow?> ReadRow(AccountId account, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, LedgerKeys.Account, cancellationToken: cancel);
        return row.HasValue ? AccountRow.From(row.Value!) : null;
    }

    /// <summary>One call of <see cref="Commit"/>: its id, and the transactions it sent without knowing whether they were written.</summary>
    private sealed record PendingCommit(string Id)
    {
        public List<NumberedTransfers> Sent { get; } = [];

        public int Unknown { get; set; }
    }

    /// <summary>What this process knows of an account, and the queue before it.</summary>
    private sealed class AccountGate
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public AccountRow? Known { get; set; }
    }
}
