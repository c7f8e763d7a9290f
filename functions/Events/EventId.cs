using System.Diagnostics.CodeAnalysis;
using Pipeline.Storage;

namespace Pipeline.Events;

/// <summary>
/// An event's id, <c>evt_…</c>: its number among those of its account, and 90 random bits, so that no receiver ever meets two alike. It is
/// what deliveries carry as <c>webhook-id</c>, the same at each try.
/// </summary>
public readonly record struct EventId
{
    public const string Start = "evt_";
    private const int NumberDigits = 8;
    private const int RandomDigits = 18;

    /// <summary>Of the text, in characters.</summary>
    public const int Length = 4 + NumberDigits + RandomDigits;

    private EventId(string value) => Value = value;

    public string Value { get; }

    /// <summary>From 1, without gaps, in the order in which the account's events were written.</summary>
    public long Number => (long)Base32.Decode(Value.AsSpan(Start.Length, NumberDigits));

    /// <summary>The digits, for ids that belong to the event.</summary>
    public string Digits => Value[Start.Length..];

    public static EventId New(long number) => new(Start + Base32.Encode((ulong)number, NumberDigits) + Base32.Random(RandomDigits));

    /// <summary>An id that stands for a number where that is all that counts.</summary>
    public static EventId OfNumber(long number) => new(Start + Base32.Encode((ulong)number, NumberDigits) + new string('0', RandomDigits));

    public static bool TryParse([NotNullWhen(true)] string? text, out EventId id)
    {
        var valid = text is not null
            && text.Length == Length
            && text.StartsWith(Start, StringComparison.Ordinal)
            && Base32.IsValid(text.AsSpan(Start.Length));
        id = valid ? new EventId(text!) : default;
        return valid;
    }

    /// <summary>Reads an id that this app wrote.</summary>
    /// <exception cref="FormatException">It is not one: the stored data is damaged.</exception>
    public static EventId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no event id.");

    public override string ToString() => Value;
}
