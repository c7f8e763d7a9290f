using System.Collections.Concurrent;
using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;
using Pipeline.Telemetry;

namespace Pipeline.Credits;

/// <summary>The credits of all accounts: takes decisions, and writes each with its entries and rows in one transaction.</summary>
/// <remarks>
/// An account's partition is one consistency unit: the account row is changed under its ETag in every transaction, so two
/// transactions that saw the same books cannot both be written. In this process one <see cref="AccountCommitter"/> per account folds
/// the decisions that meet into one transaction, so that only other processes ever conflict.
/// </remarks>
public sealed class Ledger(TableServiceClient tables, TimeProvider time, Random random, ILogger<Ledger> logger)
{
    /// <summary>The reference of the grant that an account is opened with.</summary>
    public const string OpeningReference = "account-created";

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);
    private readonly ConcurrentDictionary<AccountId, AccountCommitter> committers = new();

    /// <summary>Opens an account, with a first grant or none.</summary>
    /// <returns>The balance, or null if the account was there already; then nothing changed.</returns>
    public async Task<Balance?> Open(AccountId account, Transfer? grant, CancellationToken cancel)
    {
        var id = Base32.Random(16);
        var first = grant is null ? null : Entry.Next(Books.Empty.At(time.GetUtcNow()), grant, id);
        var after = first?.After ?? Books.Empty;
        var row = AccountRow.From(account, after, events: 0, eventAt: default);
        row["OpenedBy"] = id;
        List<TableTransactionAction> actions = [new(TableTransactionActionType.Add, row)];
        if (first is not null) actions.Add(new(TableTransactionActionType.Add, first.ToRow(account)));
        try
        {
            await table.SubmitTransactionAsync(actions, cancel);
            if (grant is not null) Meters.Credits(Json.Name(grant.Kind), grant.Amount);
            return after.Balance;
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            // The SDK tries again after a lost answer, and then meets what its first try wrote.
            var found = await table.GetEntityAsync<TableEntity>(account.Value, LedgerKeys.Account, cancellationToken: cancel);
            return found.Value.GetString("OpenedBy") == id ? after.Balance : null;
        }
    }

    /// <summary>The account's books now, or null if there is no such account. What is due to expire does so first.</summary>
    public async Task<Books?> Read(AccountId account, CancellationToken cancel)
    {
        if ((await AccountRow.Read(table, account, cancel))?.Books is not { } books) return null;
        if (!books.At(time.GetUtcNow()).Due().Any()) return books;
        var written = await Commit(account, static _ => new Decision.Accept([], []), cancel);
        return (written as CommitResult.Committed)?.Books;
    }

    /// <summary>Takes a decision on the account's books and writes what it accepts, exactly once.</summary>
    /// <param name="account">Whose credits.</param>
    /// <param name="decide">May be called several times; the last call counts.</param>
    /// <param name="cancel">Gives up before a transaction is sent, never while one is under way.</param>
    /// <exception cref="StorageBusyException">
    /// Storage or other processes stood in the way at every try, or too many decisions wait already. Almost surely nothing is written; if
    /// it is, then all of it.
    /// </exception>
    public Task<CommitResult> Commit(AccountId account, Decide decide, CancellationToken cancel) =>
        committers.GetOrAdd(account, id => new AccountCommitter(id, table, time, random, logger)).Take(decide, cancel);
}
