using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Credits;

/// <summary>The caller's balance.</summary>
public sealed class GetCredits(Callers callers, Ledger ledger)
{
    [Function("GetCredits")]
    [Summary("The account's balance.")]
    [Answer(200, "The balance.", typeof(CreditsView))]
    [Refuses(ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/credits")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        var balance = await ledger.Read(account, cancel) ?? Balance.Zero;
        return Results.Json(CreditsView.From(balance), Json.Options);
    }
}
