using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Webhooks;

/// <summary>The account's endpoint, and whether it is called.</summary>
public sealed class GetWebhook(Callers callers, WebhookTable webhooks, TimeProvider time)
{
    [Function("GetWebhook")]
    [Summary("The account's endpoint, and whether it is called.")]
    [Answer(200, "The endpoint.", typeof(WebhookView))]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/webhook")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        return await webhooks.Find(account, cancel) is { Url: not null } webhook
            ? Results.Json(WebhookView.Of(webhook, time.GetUtcNow()), Json.Options)
            : NoWebhook();
    }

    internal static Problem NoWebhook() => Problems.NotFound("This account has no endpoint. PUT /v1/webhook sets one.");
}
