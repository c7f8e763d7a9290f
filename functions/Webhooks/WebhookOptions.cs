using System.ComponentModel.DataAnnotations;

namespace Pipeline.Webhooks;

/// <summary>How events are delivered; settings <c>Webhooks__…</c>.</summary>
public sealed class WebhookOptions
{
    /// <summary>Deliveries that an instance makes at once to one account's endpoint, or to one host that its jobs name.</summary>
    /// <value>Default 4. From 1 to 32. One that does not answer holds each for 15 seconds.</value>
    [Range(1, 32)]
    public int AtOncePerEndpointMax { get; init; } = 4;

    /// <summary>Deliveries that an instance makes at once for one account, whatever endpoints its jobs name.</summary>
    /// <value>Default 8. From 1 to 64. Below what the host gives at once (24 on one core), so that others have room.</value>
    [Range(1, 64)]
    public int AtOncePerAccountMax { get; init; } = 8;

    /// <summary>Deliveries that an instance makes at once in all.</summary>
    /// <value>Default 32. From 1 to 256. More than the host gives at once (<c>host.json</c>) are never needed.</value>
    [Range(1, 256)]
    public int AtOnceMax { get; init; } = 32;
}
