using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Pipeline.Events;
using Pipeline.Http;

namespace Pipeline.Webhooks;

/// <summary>An account's endpoint as the contract shows it.</summary>
public sealed record WebhookView(
    [AllowedValues("webhook")] string Object,
    string Url,
    [Description("What it is told of; * is all, also types that are yet to come.")] IReadOnlyList<string> Events,
    WebhookStatus Status,
    [Description("Why it is disabled, and the way out.")] string? DisabledBecause,
    DateTimeOffset? DisabledAt,
    [Description("Since when every try failed; null if the last one did not.")] DateTimeOffset? FailingSince,
    DateTimeOffset UpdatedAt,
    [Description("How long the secret before this one signs as well; null if none does.")] DateTimeOffset? PreviousSecretUntil)
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [Description("What deliveries are signed with. Shown only when it is made.")]
    public string? Secret { get; init; }

    public static WebhookView Of(Webhook webhook, DateTimeOffset now) => new(
        "webhook", webhook.Url!.AbsoluteUri, webhook.Wanted.IsAll ? ["*"] : webhook.Wanted.Types, webhook.Status,
        webhook.DisabledBecause, webhook.DisabledAt, webhook.FailingSince, webhook.UpdatedAt,
        webhook.Secrets.PreviousUntil > now ? webhook.Secrets.PreviousUntil : null);
}

/// <summary>The events that an endpoint is told of, in a request.</summary>
public sealed class WantedEventsAttribute : FieldRuleAttribute
{
    public override void Describe(JsonObject schema)
    {
        schema["minItems"] = 1;
        schema["maxItems"] = WantedEvents.CountMax;
        schema["items"] = new JsonObject
        {
            ["type"] = "string",
            ["enum"] = new JsonArray([.. WantedEvents.Names.Select(name => JsonValue.Create(name))]),
        };
    }
}

/// <summary>Reads which events an endpoint is told of.</summary>
public static class WantedEvents
{
    private const string Every = "*";

    public static readonly IReadOnlyList<string> Names = [Every, .. EventTypes.All];

    public static readonly int CountMax = Names.Count;

    /// <returns>All if the field is left out; null with an error noted if it is wrong.</returns>
    public static EventFilter? Read(JsonFields fields, string name)
    {
        var before = fields.Errors.Count;
        if (fields.Array(name, CountMax) is not { } array) return fields.Errors.Count == before ? EventFilter.All : null;
        if (array.GetArrayLength() == 0) fields.Refuse(name, "out_of_range", $"'{name}' must name one event or more; left out, it is all.");
        var index = 0;
        var types = new List<string>();
        foreach (var element in array.EnumerateArray())
        {
            var at = $"{name}/{index++}";
            var type = JsonFields.AsText(element);
            if (type is not null && Names.Contains(type)) types.Add(type);
            else fields.Refuse(
                at, type is null ? "wrong_type" : "not_allowed",
                $"'{at}' must be one of {string.Join(", ", Names.Select(known => $"'{known}'"))}.");
        }

        if (fields.Errors.Count > before) return null;
        return types.Contains(Every) ? EventFilter.All : EventFilter.Of(types.Distinct());
    }
}
