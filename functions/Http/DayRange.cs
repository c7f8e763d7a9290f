using System.ComponentModel;

namespace Pipeline.Http;

/// <summary>Days by UTC, the first and the last included, as <c>?from=&amp;to=</c> asks for them.</summary>
public readonly record struct DayRange(DateOnly From, DateOnly To)
{
    /// <summary>A month: each day reads the rows of its jobs.</summary>
    public const int DaysMax = 31;

    /// <summary>Reads the two parameters; by default both are today, and one is as far from the other as may be.</summary>
    public static DayRange Read(QueryFields query, DateOnly today)
    {
        var (first, last) = (query.Day("from"), query.Day("to"));
        var to = last ?? (first is { } day && day.DayNumber + DaysMax <= today.DayNumber ? day.AddDays(DaysMax - 1)
            : first > today ? first.Value : today);
        var from = first ?? to;
        if (last < first || to.DayNumber - from.DayNumber >= DaysMax)
            query.Refuse("from", "out_of_range", $"'from' must be a day up to 'to', {to:O}, and at most {DaysMax - 1} before it.");
        return new DayRange(from, to);
    }

    public bool Has(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime) is var day && day >= From && day <= To;
}

/// <summary>What every route over days may be asked for.</summary>
public record DaysQuery
{
    [Description("The first day, by UTC; 'to' if it is left out.")]
    public DateOnly? From { get; init; }

    [Description("The last day, by UTC; if it is left out, today or the 31st day. At most 31 days in all.")]
    public DateOnly? To { get; init; }
}
