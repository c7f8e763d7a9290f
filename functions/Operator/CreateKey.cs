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
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/operator/accounts/{id}/keys")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (!AccountId.TryParse(id, out var account) || await ledger.Read(account, cancel) is null)
            return Problems.NotFound($"There is no account '{id}'. POST /v1/operator/accounts opens one.");

        var key = ApiKey.New();
        var now = time.GetUtcNow();
        await tables.GetTableClient(StorageNames.AccountsTable).AddEntityAsync(AccountKeys.KeyRow(key, account, now), cancel);
        return Results.Json(
            new { Object = "api_key", Account = account.Value, ApiKey = key.Value, key.Prefix, CreatedAt = now },
            Json.Options, statusCode: StatusCodes.Status201Created);
    }
}
