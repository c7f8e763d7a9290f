using System.Text.Json.Nodes;
using Pipeline.Http;

namespace Pipeline.Events;

/// <summary>What an event can be of. New ones may come: whoever reads events passes over those that it does not know.</summary>
public static class EventTypes
{
    public const string ManifestCompleted = "manifest.completed";
    public const string ManifestRejected = "manifest.rejected";
    public const string ManifestCanceled = "manifest.canceled";
    public const string CreditsLow = "credits.low";
    public const string WebhookDisabled = "webhook.disabled";
    public const string WebhookTest = "webhook.test";

    /// <summary>Those that an endpoint can be told of, in the order in which they are listed.</summary>
    public static readonly IReadOnlyList<string> All =
    [
        "job.succeeded", "job.partially_succeeded", "job.failed", "job.canceled", "job.expired",
        ManifestCompleted, ManifestRejected, ManifestCanceled, CreditsLow,
    ];
}

/// <summary>A type of event that is written.</summary>
public sealed class EventTypeAttribute : FieldRuleAttribute
{
    public override void Describe(JsonObject schema) => schema["enum"] = new JsonArray(
        [.. EventTypes.All.Append(EventTypes.WebhookDisabled).Append(EventTypes.WebhookTest).Select(type => JsonValue.Create(type))]);
}
