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

/// <summary>Makes an account one more API key; the answer is the only place where it is ever shown.</summary>
public sealed class CreateKey(TableServiceClient tables, Ledger ledger, TimeProvider time)
{
    [Function("CreateKey")]
    [Summary("Makes an account one more API key.")]
    [Answer(201, "The key; this is the only place where it is shown.", typeof(ApiKeyView))]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/operator/accounts/{id}/keys")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (!AccountId.TryParse(id, out var account) || await ledger.Read(account, cancel) is null)
            return Problems.NotFound($"There is no account '{id}'. POST /v1/operator/accounts opens one.");

        var key = ApiKey.New();
        var now = time.GetUtcNow();
        // A crash after this leaves a key that nobody knows; the operator makes another.
        await tables.GetTableClient(StorageNames.AccountsTable).AddEntityAsync(AccountKeys.KeyRow(key, account, now), cancel);
        return Results.Json(
            new ApiKeyView("api_key", account.Value, key.Value, key.Prefix, now),
            Json.Options, statusCode: StatusCodes.Status201Created);
    }

    /// <summary>A new key as the contract shows it.</summary>
    public sealed record ApiKeyView(
        [AllowedValues("api_key")] string Object,
        string Account,
        string ApiKey,
        [Description("By this the key is known later on.")] string Prefix,
        DateTimeOffset CreatedAt);
}
