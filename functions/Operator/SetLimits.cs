using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>Sets what an account may do.</summary>
public sealed class SetLimits(TableServiceClient tables)
{
    private readonly TableClient ledger = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("SetLimits")]
    [Summary("Sets an account's limits; what is left out is no limit any more. In force after 30 seconds at the latest.")]
    [Body(typeof(LimitsFields))]
    [Answer(200, "The limits.", typeof(AccountLimits))]
    [Refuses(ProblemCode.NotFound)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "put", Route = "v1/operator/accounts/{id}/limits")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } faults) return Problems.InvalidRequest(faults);
        if (!AccountId.TryParse(id, out var account)) return MoveOnce.NoAccount(id);
        var body = await ReadBody.Json(request, MoveOnce.BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;

        var fields = new JsonFields(document.RootElement, "");
        var limits = new AccountLimits(
            fields.Whole("credits_per_day", 1, AccountLimits.CreditsMax), fields.Whole("open_jobs", 1, AccountLimits.CountMax),
            fields.Whole("requests_per_minute", 1, AccountLimits.CountMax), fields.Whole("credits_low", 1, AccountLimits.CreditsMax));
        if (fields.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var row = new TableEntity(account.Value, LedgerKeys.Account);
        limits.WriteTo(row);
        try
        {
            // Every process that remembers the row meets its new ETag at its next commit, and reads the limits with it.
            await ledger.UpdateEntityAsync(row, ETag.All, TableUpdateMode.Merge, cancel);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return MoveOnce.NoAccount(id);
        }

        return Results.Json(limits, Json.Options);
    }

    /// <summary>What the operator sends.</summary>
    public sealed record LimitsFields(
        [Whole(1, AccountLimits.CreditsMax)] long? CreditsPerDay,
        [Whole(1, AccountLimits.CountMax)] long? OpenJobs,
        [Whole(1, AccountLimits.CountMax)] long? RequestsPerMinute,
        [Whole(1, AccountLimits.CreditsMax)] long? CreditsLow);
}
