using System.Diagnostics.CodeAnalysis;
using Pipeline.Storage;

namespace Pipeline.Events;

/// <summary>A delivery's id, <c>dlv_…</c>: that of its event, and a digit for who is told.</summary>
public readonly record struct DeliveryId
{
    private const string Start = "dlv_";

    private DeliveryId(EventId happened, DeliveryTarget target) => (Event, Target) = (happened, target);

    public EventId Event { get; }

    public DeliveryTarget Target { get; }

    public string Value => $"{Start}{Event.Digits}{(int)Target}";

    /// <summary>The key of its row, which is another while it is pending than when it is done.</summary>
    public string RowKey(bool pending) =>
        pending ? LedgerKeys.Outbox(Event.Number, (int)Target) : LedgerKeys.Delivery(Event.Number, (int)Target);

    public static DeliveryId Of(EventId happened, DeliveryTarget target) => new(happened, target);

    public static bool TryParse([NotNullWhen(true)] string? text, out DeliveryId id)
    {
        id = default;
        if (text is null || !text.StartsWith(Start, StringComparison.Ordinal) || text[^1] is not ('0' or '1')) return false;
        if (!EventId.TryParse(EventId.Start + text[Start.Length..^1], out var happened)) return false;
        id = new DeliveryId(happened, text[^1] == '0' ? DeliveryTarget.Endpoint : DeliveryTarget.Own);
        return true;
    }

    public override string ToString() => Value;
}
