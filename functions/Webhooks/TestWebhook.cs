using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Telemetry;

namespace Pipeline.Webhooks;

/// <summary>Sends the account's endpoint an event that means nothing, by the very way that all others take.</summary>
public sealed class TestWebhook(Callers callers, WebhookTable webhooks, Ledger ledger, DeliveryMessages messages, PublicUrls urls)
{
    [Function("TestWebhook")]
    [Summary("Sends the account's endpoint an event of type webhook.test, whatever it wants to be told of.")]
    [Answer(202, "Its delivery, which is under way.", typeof(DeliveryView), Headers = ["Location"])]
    [Refuses(ProblemCode.NotFound, ProblemCode.InvalidRequest, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/webhook/test")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (await webhooks.Find(account, cancel) is not { Url: not null } webhook) return GetWebhook.NoWebhook();
        if (Redeliver.RefuseDisabled(webhook) is { } problem) return problem;

        var told = NewEvent.Of(EventTypes.WebhookTest, new Data("v1/webhook")) with { IsForEndpoint = true, Trace = Spans.Here };
        var decision = new Decision.Accept([], []) { Events = [told] };
        var committed = await ledger.Commit(account, _ => decision, cancel) as CommitResult.Committed
            ?? throw new InvalidOperationException($"Account {account} has a key and no books.");
        await messages.Announce(committed.Deliveries);
        var delivery = committed.Deliveries.Single(delivery => delivery.Type == EventTypes.WebhookTest);
        return Redeliver.Accepted(request, delivery, urls);
    }

    private sealed record Data(string Url);
}
