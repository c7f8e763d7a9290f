using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>Makes, lists and revokes an account's API keys.</summary>
public sealed class ManageKeys(TableServiceClient tables, Ledger ledger, Callers callers, TimeProvider time)
{
    private readonly TableClient table = tables.GetTableClient(StorageNames.AccountsTable);

    [Function("CreateKey")]
    [Summary("Makes an account one more API key.")]
    [Answer(201, "The key; this is the only place where it is shown.", typeof(NewKeyView))]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> RunCreate(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/operator/accounts/{id}/keys")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (await Find(id, cancel) is not { } account) return MoveOnce.NoAccount(id);

        var key = ApiKey.New();
        var now = time.GetUtcNow();
        // A crash after this leaves a key that nobody knows; the operator makes another.
        await table.AddEntityAsync(AccountKeys.KeyRow(key, account, now), cancel);
        return Results.Json(
            new NewKeyView("api_key", account.Value, key.Value, key.Prefix, now), Json.Options, statusCode: StatusCodes.Status201Created);
    }

    [Function("ListKeys")]
    [Summary("An account's API keys.")]
    [Answer(200, "All of them.", typeof(ListView<KeyView>))]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> RunList(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/operator/accounts/{id}/keys")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (await Find(id, cancel) is not { } account) return MoveOnce.NoAccount(id);

        var keys = new List<KeyView>();
        await foreach (var row in table.QueryAsync<TableEntity>(AccountKeys.KeysOf(account), cancellationToken: cancel))
        {
            keys.Add(new KeyView(
                "api_key", row.Required("Prefix", row.GetString), row.Required("CreatedAt", row.GetDateTimeOffset),
                row.GetDateTimeOffset(AccountKeys.LastUsedAt)));
        }

        return Paging.Answer(keys.OrderBy(key => key.CreatedAt), null);
    }

    [Function("RevokeKey")]
    [Summary("Revokes an API key. Other instances of the app may believe it for 30 seconds.")]
    [Answer(204, "It opens nothing any more.")]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> RunRevoke(
        [HttpTrigger(AuthorizationLevel.Function, "delete", Route = "v1/operator/accounts/{id}/keys/{prefix}")] HttpRequest request,
        string id, string prefix, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (await Find(id, cancel) is not { } account) return MoveOnce.NoAccount(id);

        var filter = $"{AccountKeys.KeysOf(account)} and {TableClient.CreateQueryFilter($"Prefix eq {prefix}")}";
        var found = false;
        // Two keys of one account with one beginning are one in 10^12; both would go, and the answer to their users says so.
        await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancel))
        {
            await table.DeleteEntityAsync(row.PartitionKey, row.RowKey, cancellationToken: cancel);
            callers.Forget(row.RowKey);
            found = true;
        }

        return found
            ? Results.NoContent()
            : Problems.NotFound($"Account '{account}' has no key '{prefix}'. GET /v1/operator/accounts/{account}/keys lists its keys.");
    }

    private async Task<AccountId?> Find(string id, CancellationToken cancel) =>
        AccountId.TryParse(id, out var account) && await ledger.Read(account, cancel) is not null ? account : null;

    /// <summary>A new key as the contract shows it.</summary>
    public sealed record NewKeyView(
        [AllowedValues("api_key")] string Object,
        string Account,
        string ApiKey,
        [Description("By this the key is known later on.")] string Prefix,
        DateTimeOffset CreatedAt);

    /// <summary>A key as lists show it.</summary>
    public sealed record KeyView(
        [AllowedValues("api_key")] string Object,
        [Description("The beginning of the key.")] string Prefix,
        DateTimeOffset CreatedAt,
        [Description("To 10 minutes; null if it never was.")] DateTimeOffset? LastUsedAt);
}
