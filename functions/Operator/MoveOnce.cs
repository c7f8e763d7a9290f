using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>Writes a transfer that an operator asked for, once per reference of the account.</summary>
public sealed class MoveOnce(TableServiceClient tables, Ledger ledger, DeliveryMessages messages)
{
    public const int ReferenceLengthMax = 200;
    public const int ReasonLengthMax = 500;
    public const long BodyBytesMax = 64 * 1024;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <param name="request">Its answer says whether it was done before.</param>
    /// <param name="account">Whose credits.</param>
    /// <param name="transfer">What was asked for. The same reference with another transfer is refused.</param>
    /// <param name="decide">Accepts that one transfer, or refuses.</param>
    /// <param name="refuse">The problem of a refusal, from what is needed and what there is.</param>
    /// <param name="cancel">Gives up before it is written.</param>
    public async Task<IResult> Run(
        HttpRequest request, AccountId account, Transfer transfer, Decide decide, Func<CommitResult.Insufficient, Problem> refuse,
        CancellationToken cancel)
    {
        // The reference's row is added in the same transaction as the entry, or neither is.
        var result = await ledger.Commit(
            account,
            books => decide(books) is Decision.Accept accept
                ? accept with { Rows = [.. accept.Rows, new(TableTransactionActionType.Add, Row(account, transfer.Reference, books))] }
                : decide(books),
            cancel);
        if (result is CommitResult.Committed committed)
        {
            await messages.Announce(committed.Deliveries);
            return Moved(committed.Books, StatusCodes.Status201Created);
        }

        if (result is CommitResult.NoAccount) return NoAccount(account.Value);
        if (await Find(account, transfer.Reference, cancel) is { } first) return await Replay(request, account, first, transfer, cancel);
        return result is CommitResult.Insufficient few ? refuse(few) : throw new StorageBusyException($"Account {account}", 1);
    }

    public static Problem NoAccount(string id) => Problems.NotFound($"There is no account '{id}'. POST /v1/operator/accounts opens one.");

    private static TableEntity Row(AccountId account, string reference, Books books) =>
        new(account.Value, LedgerKeys.Move(reference)) { ["Entry"] = books.Balance.Version + 1 };

    /// <returns>The entry that was written for the reference, or null.</returns>
    private async Task<Entry?> Find(AccountId account, string reference, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, LedgerKeys.Move(reference), cancellationToken: cancel);
        if (!row.HasValue || row.Value is not { } found) return null;
        var key = LedgerKeys.Entry(found.Required("Entry", found.GetInt64));
        return Entry.FromRow((await table.GetEntityAsync<TableEntity>(account.Value, key, cancellationToken: cancel)).Value);
    }

    private async Task<IResult> Replay(
        HttpRequest request, AccountId account, Entry first, Transfer transfer, CancellationToken cancel)
    {
        if (first.Transfer with { Jobs = 0 } != transfer) return Problems.ReferenceReused(transfer.Reference);
        request.HttpContext.Response.Headers["Idempotent-Replayed"] = "true";
        return Moved(await ledger.Read(account, cancel) ?? Books.Empty, StatusCodes.Status200OK);
    }

    private static IResult Moved(Books books, int status) =>
        Results.Json(CreditsView.From(books.Balance), Json.Options, statusCode: status);
}
