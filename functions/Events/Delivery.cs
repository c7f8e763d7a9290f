using System.ComponentModel;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Events;

/// <summary>Who is told of an event.</summary>
public enum DeliveryTarget
{
    /// <summary>The account's endpoint.</summary>
    Endpoint,

    /// <summary>The <c>webhook_url</c> of the event's own job or manifest.</summary>
    Own,
}

/// <summary>What has become of a delivery. The last two stay, unless it is asked for again.</summary>
public enum DeliveryState
{
    Pending,
    Delivered,
    Failed,
}

/// <summary>One try to deliver.</summary>
public sealed record DeliveryAttempt(
    DateTimeOffset At,
    [Description("What the endpoint answered; null if it did not.")] int? Status,
    [Description("From the first look for the address to the end of the answer.")] long DurationMs,
    [Description("Why it counts as failed; null if it does not.")] string? Detail);

/// <summary>
/// An event on its way to an address: a row <c>out~…</c> exactly while it is pending, which the sweeper reads, then one
/// <c>delivery~…</c>.
/// </summary>
public sealed record Delivery
{
    /// <summary>Tries that are remembered; of more, the first are forgotten. One round has at most 10.</summary>
    public const int AttemptsMax = 20;

    public required AccountId Account { get; init; }

    public required EventId Event { get; init; }

    public required DeliveryTarget Target { get; init; }

    /// <summary>Of the event, for lists.</summary>
    public required string Type { get; init; }

    /// <summary>The address, if it is not the account's endpoint.</summary>
    public string? OwnUrl { get; init; }

    public DeliveryState State { get; init; } = DeliveryState.Pending;

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When to try next, while it is pending.</summary>
    public required DateTimeOffset NextAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Tries of this round: since the event, or since it was last asked for again.</summary>
    public int Tries { get; init; }

    /// <summary>The number of the message that may take it on; one with another number was sent before and is dropped.</summary>
    public int Turn { get; init; }

    /// <summary>All of its tries, the first first.</summary>
    public IReadOnlyList<DeliveryAttempt> Attempts { get; init; } = [];

    /// <summary>The trace of its event, as <c>traceparent</c>, or null.</summary>
    public string? Trace { get; init; }

    /// <summary>When the sweeper looks at it.</summary>
    public DateTimeOffset Due { get; init; }

    /// <summary>How often in a row the sweeper left it to a backlog, or sent it a message into one.</summary>
    public int Left { get; init; }

    public ETag ETag { get; init; }

    public DeliveryId Id => DeliveryId.Of(Event, Target);

    /// <summary>What deliveries share that must not hold up one another: an account's endpoint, or a host that its jobs name.</summary>
    public string Endpoint => OwnUrl is null ? Account.Value : $"{Account} {new Uri(OwnUrl).Authority}";

    /// <summary>The row's key: another while it is pending than when it is done.</summary>
    public string RowKey => Id.RowKey(State == DeliveryState.Pending);

    /// <summary>A delivery as it begins.</summary>
    public static Delivery Of(Event happened, DeliveryTarget target, string? ownUrl) => new()
    {
        Account = happened.Account,
        Event = happened.Id,
        Target = target,
        Type = happened.Type,
        OwnUrl = target == DeliveryTarget.Own ? ownUrl : null,
        CreatedAt = happened.OccurredAt,
        NextAt = happened.OccurredAt,
        Due = happened.OccurredAt,
        Trace = happened.Trace,
    };

    /// <summary>One more try, at the end of the list.</summary>
    public Delivery Tried(DeliveryAttempt attempt) => this with { Attempts = [.. Attempts.TakeLast(AttemptsMax - 1), attempt] };

    public TableEntity ToRow()
    {
        var row = new TableEntity(Account.Value, RowKey)
        {
            ["Event"] = Event.Value,
            ["Target"] = Target.ToString(),
            ["Type"] = Type,
            ["State"] = State.ToString(),
            ["CreatedAt"] = CreatedAt,
            ["NextAt"] = NextAt,
            ["Tries"] = Tries,
            ["Turn"] = Turn,
            ["Attempts"] = JsonSerializer.Serialize(Attempts, Json.Options),
            ["Due"] = Due,
            ["Left"] = Left,
        };
        if (OwnUrl is not null) row["OwnUrl"] = OwnUrl;
        if (FinishedAt is { } finishedAt) row["FinishedAt"] = finishedAt;
        if (Trace is not null) row["Trace"] = Trace;
        return row;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static Delivery FromRow(TableEntity row) => new()
    {
        Account = AccountId.Parse(row.PartitionKey),
        Event = EventId.Parse(row.Required("Event", row.GetString)),
        Target = row.Required<DeliveryTarget>("Target"),
        Type = row.Required("Type", row.GetString),
        OwnUrl = row.GetString("OwnUrl"),
        State = row.Required<DeliveryState>("State"),
        CreatedAt = row.Required("CreatedAt", row.GetDateTimeOffset),
        NextAt = row.Required("NextAt", row.GetDateTimeOffset),
        FinishedAt = row.GetDateTimeOffset("FinishedAt"),
        Tries = row.Required("Tries", row.GetInt32),
        Turn = row.Required("Turn", row.GetInt32),
        Attempts = row.Parsed<List<DeliveryAttempt>>("Attempts") ?? [],
        Due = row.Required("Due", row.GetDateTimeOffset),
        Left = row.Required("Left", row.GetInt32),
        Trace = row.GetString("Trace"),
        ETag = row.ETag,
    };
}
