namespace Pipeline.Events;

/// <summary>Which events an account's endpoint is told of. On the account's row, where each transaction finds it.</summary>
public sealed class EventFilter
{
    /// <summary>There is no endpoint.</summary>
    public static readonly EventFilter None = new("");

    /// <summary>All, also of types that are yet to come.</summary>
    public static readonly EventFilter All = new("*");

    private readonly string text;
    private readonly string[] types;

    private EventFilter(string text)
    {
        this.text = text;
        types = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The types; empty if it is all, or none.</summary>
    public IReadOnlyList<string> Types => IsAll ? [] : types;

    public bool IsAll => text == All.text;

    /// <param name="types">At least one.</param>
    public static EventFilter Of(IEnumerable<string> types) => new(string.Join(' ', types));

    /// <summary>A filter as <see cref="ToString"/> wrote it; none of a row that has none.</summary>
    public static EventFilter Parse(string? text) => text is null ? None : new(text);

    public bool Wants(string type) => IsAll || types.Contains(type);

    public override string ToString() => text;
}
