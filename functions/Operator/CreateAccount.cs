using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>Opens an account, with its first API key and, if asked, its first credits.</summary>
public sealed class CreateAccount(TableServiceClient tables, Ledger ledger, TimeProvider time)
{
    internal const int NameLengthMax = 200;

    private const long BodyBytesMax = 64 * 1024;

    private readonly TableClient table = tables.GetTableClient(StorageNames.AccountsTable);

    [Function("CreateAccount")]
    [Summary("Opens an account.")]
    [Body(typeof(AccountFields))]
    [Answer(201, "The account with its first API key; this is the only place where it is shown.", typeof(NewAccountView))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/operator/accounts")] HttpRequest request, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } faults) return Problems.InvalidRequest(faults);
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;

        var fields = new JsonFields(document.RootElement, "");
        var given = fields.Text("id", AccountId.LengthMax);
        var name = fields.Text("name", NameLengthMax, required: true);
        var credits = fields.Whole("credits", 0, AccountLimits.CreditsMax) ?? 0;
        AccountId? id = AccountId.TryParse(given, out var parsed) ? parsed : null;
        if (given is not null && id is null) fields.Refuse("id", "not_allowed", $"'id' must be {AccountId.Form}.");
        if (fields.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var account = id ?? AccountId.New();
        var now = time.GetUtcNow();

        // A crash after this leaves an account that is listed and cannot be used; the same request again completes it.
        await List(account, name!, now, cancel);

        var grant = credits > 0 ? new Transfer(TransferKind.Grant, credits, Ledger.OpeningReference, CreditCategory.Paid) : null;
        // A crash after this leaves an account without a key; the same request again makes it one.
        var balance = await ledger.Open(account, grant, cancel) ?? (await ledger.Read(account, cancel))?.Balance ?? Balance.Zero;

        // A crash after this leaves an account whose operator must make it another key, as the answer to the same request says.
        if (!await TryTakeFirstKey(account, name!, now, cancel)) return IsThere(account);
        var key = ApiKey.New();
        await table.AddEntityAsync(AccountKeys.KeyRow(key, account, now), cancel);
        return Results.Json(
            new NewAccountView("account", account.Value, name!, now, key.Value, CreditsView.From(balance)),
            Json.Options, statusCode: StatusCodes.Status201Created);
    }

    private static Problem IsThere(AccountId account) => Problems.InvalidRequest([new FieldError(
        "/id", "not_allowed",
        $"An account '{account}' is there already. Choose another id, or make it another key with "
        + $"POST /v1/operator/accounts/{account}/keys.")]);

    private async Task List(AccountId account, string name, DateTimeOffset now, CancellationToken cancel)
    {
        try
        {
            await table.AddEntityAsync(AccountKeys.AccountRow(account, name, now), cancel);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            // Listed by a try that did not get to the key.
        }
    }

    /// <summary>
    /// Of two requests for one account, one makes its first key: the row is changed under its ETag. From then on it says what that one
    /// said, and nothing of the one that is refused.
    /// </summary>
    private async Task<bool> TryTakeFirstKey(AccountId account, string name, DateTimeOffset now, CancellationToken cancel)
    {
        var row = await table.GetEntityAsync<TableEntity>(AccountKeys.AccountPartition, account.Value, cancellationToken: cancel);
        if (row.Value.ContainsKey(AccountKeys.FirstKeyAt)) return false;
        try
        {
            var taken = AccountKeys.AccountRow(account, name, now);
            taken[AccountKeys.FirstKeyAt] = now;
            await table.UpdateEntityAsync(taken, row.Value.ETag, TableUpdateMode.Merge, cancel);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 412)
        {
            return false;
        }
    }

    /// <summary>What the operator sends.</summary>
    public sealed record AccountFields(
        [Text(AccountId.LengthMax), Description(AccountId.Form + "; if left out, one is made up.")] string? Id,
        [Text(NameLengthMax)] string Name,
        [Whole(0, AccountLimits.CreditsMax), DefaultValue(0)] long? Credits);

    /// <summary>A new account as the contract shows it.</summary>
    public sealed record NewAccountView(
        [AllowedValues("account")] string Object, string Id, string Name, DateTimeOffset CreatedAt, string ApiKey, CreditsView Credits);
}
