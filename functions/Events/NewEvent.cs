using System.Text.Json;
using System.Text.Json.Nodes;
using Pipeline.Http;

namespace Pipeline.Events;

/// <summary>Something that a decision makes happen: written as an event in the decision's own transaction, or not at all.</summary>
/// <param name="Type">One of <see cref="EventTypes"/>.</param>
/// <param name="Data">Thin: ids, states and sums. Its <c>url</c> is a path of the app, without the slash at its beginning.</param>
public sealed record NewEvent(string Type, JsonObject Data)
{
    /// <summary>An address that is told of this event besides the account's endpoint, or null.</summary>
    public string? OwnUrl { get; init; }

    /// <summary>Whether the account's endpoint is told whatever it wants to hear of; there must be one.</summary>
    public bool IsForEndpoint { get; init; }

    /// <summary>The trace that it belongs to, as <c>traceparent</c>: its delivery is part of that. Null begins one.</summary>
    public string? Trace { get; init; }

    /// <summary>An event of one of the app's records.</summary>
    public static NewEvent Of<T>(string type, T data) => new(type, (JsonObject)JsonSerializer.SerializeToNode(data, Json.Options)!);

    /// <summary>Who is told.</summary>
    public IEnumerable<DeliveryTarget> Targets(EventFilter wanted)
    {
        // Of its own end an endpoint cannot be told.
        if (IsForEndpoint || (wanted.Wants(Type) && Type != EventTypes.WebhookDisabled)) yield return DeliveryTarget.Endpoint;
        if (OwnUrl is not null) yield return DeliveryTarget.Own;
    }
}
