using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Pipeline.Events;

namespace Pipeline.Webhooks;

/// <summary>A delivery as the contract shows it.</summary>
public sealed record DeliveryView(
    [AllowedValues("delivery")] string Object,
    string Id,
    [Description("The event, as 'webhook-id' has it: the same at each try.")] string Event,
    [EventType] string Type,
    [Description("The webhook_url of the event's own job or manifest; null if it goes to the account's endpoint.")] string? WebhookUrl,
    DeliveryState Status,
    [Description("Each try, the first first; of more than 20 the last ones.")] IReadOnlyList<DeliveryAttempt> Attempts,
    [Description("While it is pending: when to try next.")] DateTimeOffset? NextAttemptAt,
    [Description("When the event happened.")] DateTimeOffset CreatedAt,
    [Description("When it was delivered or given up.")] DateTimeOffset? FinishedAt)
{
    public static DeliveryView Of(Delivery delivery) => new(
        "delivery", delivery.Id.Value, delivery.Event.Value, delivery.Type, delivery.OwnUrl, delivery.State, delivery.Attempts,
        delivery.State == DeliveryState.Pending ? delivery.NextAt : null, delivery.CreatedAt, delivery.FinishedAt);
}
