using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Webhooks;

/// <summary>Makes one delivery again, or now: with the same id and body, and with all of the schedule before it.</summary>
public sealed class Redeliver(
    Callers callers, WebhookTable webhooks, DeliveryTable deliveries, DeliveryMessages messages, PublicUrls urls, TimeProvider time)
{
    /// <summary>Each try but the last met a worker that had just written what came of the delivery.</summary>
    private const int TriesMax = 10;

    [Function("Redeliver")]
    [Summary("Makes one delivery again, whatever came of it; one that waits for its next try is tried now.")]
    [Answer(202, "The delivery, which is under way.", typeof(DeliveryView), Headers = ["Location"])]
    [Refuses(ProblemCode.NotFound, ProblemCode.InvalidRequest, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/webhook/deliveries/{id}/redeliver")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (!DeliveryId.TryParse(id, out var delivery)) return GetDelivery.NoDelivery(id);
        if (delivery.Target == DeliveryTarget.Endpoint)
        {
            if (await webhooks.Find(account, cancel) is not { Url: not null } webhook) return GetWebhook.NoWebhook();
            if (RefuseDisabled(webhook) is { } problem) return problem;
        }

        for (var tries = 0; tries < TriesMax; tries++)
        {
            if (await deliveries.Find(account, delivery, cancel) is not { } found) return GetDelivery.NoDelivery(id);
            if (await deliveries.FindEvent(account, found.Event, cancel) is null) return GetDelivery.NoDelivery(id);
            var again = Again(found, time.GetUtcNow());
            // A crash after this leaves a delivery without a message; the sweeper sends it.
            var isWritten = found.State == DeliveryState.Pending
                ? await deliveries.TryChange(found, again, cancel)
                : await deliveries.TryWrite(DeliveryTable.Reopen(found, again), cancel);
            if (!isWritten) continue;
            await messages.Announce([again]);
            return Accepted(request, again, urls);
        }

        throw new StorageBusyException($"Delivery {id}", TriesMax);
    }

    /// <summary>A delivery as a new round begins; what was tried before is remembered.</summary>
    internal static Delivery Again(Delivery delivery, DateTimeOffset now) => delivery with
    {
        State = DeliveryState.Pending,
        NextAt = now,
        Due = now,
        FinishedAt = null,
        Tries = 0,
        Turn = delivery.Turn + 1,
        Left = 0,
    };

    internal static Problem? RefuseDisabled(Webhook webhook) => webhook.Status == WebhookStatus.Enabled
        ? null
        : Problems.InvalidRequest([new FieldError("", "not_allowed", $"The endpoint is disabled. {webhook.DisabledBecause}")]);

    internal static IResult Accepted(HttpRequest request, Delivery delivery, PublicUrls urls)
    {
        request.HttpContext.Response.Headers.Location = urls.Of(request, $"v1/webhook/deliveries/{delivery.Id}");
        return Results.Json(DeliveryView.Of(delivery), Json.Options, statusCode: StatusCodes.Status202Accepted);
    }
}
