using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Http;

namespace Pipeline.Webhooks;

/// <summary>One delivery, with each of its tries.</summary>
public sealed class GetDelivery(Callers callers, DeliveryTable deliveries)
{
    [Function("GetDelivery")]
    [Summary("A delivery, with each of its tries.")]
    [Answer(200, "The delivery.", typeof(DeliveryView))]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/webhook/deliveries/{id}")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        return DeliveryId.TryParse(id, out var delivery) && await deliveries.Find(account, delivery, cancel) is { } found
            ? Results.Json(DeliveryView.Of(found), Json.Options)
            : NoDelivery(id);
    }

    internal static Problem NoDelivery(string id) => Problems.NotFound(
        $"There is no delivery '{id}' in this account, or none any more: they are kept 30 days. GET /v1/webhook/deliveries lists them.");
}
