using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Http;

namespace Pipeline.Webhooks;

/// <summary>Removes the account's endpoint. What was not delivered to it yet is listed as failed.</summary>
public sealed class DeleteWebhook(Callers callers, WebhookTable webhooks, TimeProvider time)
{
    [Function("DeleteWebhook")]
    [Summary("Removes the account's endpoint. Jobs' own addresses are told as before.")]
    [Answer(204, "It is gone.")]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v1/webhook")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        var (before, _) = await webhooks.Change(account, Remove, cancel);
        return before is { Url: not null } ? Results.NoContent() : GetWebhook.NoWebhook();
    }

    /// <summary>The secrets stay.</summary>
    private Webhook? Remove(Webhook? before) => before is not { Url: not null }
        ? null
        : new Webhook { Account = before.Account, Secrets = before.Secrets, Wanted = EventFilter.None, UpdatedAt = time.GetUtcNow() };
}
