using System.ComponentModel;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Credits;

/// <summary>The caller's balance, and what the account may do.</summary>
public sealed class GetCredits(Callers callers, Ledger ledger, TimeProvider time)
{
    [Function("GetCredits")]
    [Summary("The account's balance, and what it may do.")]
    [Answer(200, "The balance.", typeof(AccountCreditsView))]
    [Refuses(ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/credits")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        var books = (await ledger.Read(account, cancel) ?? Books.Empty).At(time.GetUtcNow());
        var balance = books.Balance;
        return Results.Json(
            new AccountCreditsView(
                balance.Available, balance.Held, balance.Spent, balance.Granted, balance.Version, LotView.From(books.Lots), books.OpenJobs,
                books.SpentToday, books.IsLow, books.Limits),
            Json.Options);
    }

    /// <summary>An account's credits as the contract shows them.</summary>
    [Description("An account's credits: granted = available + held + spent.")]
    public sealed record AccountCreditsView(
        long Available, long Held, long Spent, long Granted,
        [Description("How many entries led to it.")] long Version,
        [Description("Of what is available or held, the credits that are promotional or expire, in the order in which they are spent.")]
        IReadOnlyList<LotView> Lots,
        [Description("Jobs that are not done, those of manifests included.")] long OpenJobs,
        [Description("Credits captured since midnight, by UTC.")] long SpentToday,
        [Description("Whether fewer credits are available than the limit 'credits_low'.")] bool Low,
        AccountLimits Limits);
}
