using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>Reads a query string's fields one by one and notes what is wrong with each. Its pointers begin with <c>?</c>.</summary>
public sealed class QueryFields(IQueryCollection query)
{
    private const int UnknownMax = 20;

    private static readonly string[] TimeForms = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"];

    private readonly List<FieldError> errors = [];

    /// <summary><c>code</c> is the host's own: an operator may send the function key so.</summary>
    private readonly HashSet<string> known = new(StringComparer.Ordinal) { "code" };

    public string? Text(string name)
    {
        known.Add(name);
        if (!query.TryGetValue(name, out var values)) return null;
        if (values.Count == 1 && values[0] is { Length: > 0 } value) return value;
        Refuse(name, "wrong_type", $"'{name}' must be given once, with a value.");
        return null;
    }

    public long? Whole(string name, long min, long max)
    {
        if (Text(name) is not { } text) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
            return number;
        Refuse(name, "out_of_range", $"'{name}' must be a whole number from {min} to {max}; given was '{Short(text)}'.");
        return null;
    }

    /// <summary>A time of ISO 8601 with its offset: without one it would mean another time in another place.</summary>
    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text) return null;
        if (TryTime(text, out var time)) return time;
        Refuse(name, "not_allowed",
            $"'{name}' must be a time with its offset, as '2026-01-31T09:30:00Z' or '2026-01-31T10:30:00+01:00' (in a URL, + is %2B); "
            + $"given was '{Short(text)}'.");
        return null;
    }

    /// <summary>A day as <c>2026-01-31</c>.</summary>
    public DateOnly? Day(string name)
    {
        if (Text(name) is not { } text) return null;
        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        Refuse(name, "not_allowed", $"'{name}' must be a day, as '2026-01-31'; given was '{Short(text)}'.");
        return null;
    }

    /// <summary><c>true</c> or <c>false</c>; null if it is left out.</summary>
    public bool? Flag(string name)
    {
        if (Text(name) is not { } text) return null;
        if (text is "true" or "false") return text == "true";
        Refuse(name, "not_allowed", $"'{name}' must be true or false; given was '{Short(text)}'.");
        return null;
    }

    /// <summary>One of an enum's values in snake_case.</summary>
    public T? OneOf<T>(string name)
        where T : struct, Enum
    {
        if (Text(name) is not { } text) return null;
        foreach (var value in Enum.GetValues<T>())
        {
            if (Json.Name(value) == text) return value;
        }

        Refuse(name, "not_allowed",
            $"'{name}' must be one of {string.Join(", ", Enum.GetValues<T>().Select(Json.Name))}; given was '{Short(text)}'.");
        return null;
    }

    /// <summary>The one form of times that callers may use.</summary>
    internal static bool TryTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(text, TimeForms, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    /// <summary>Notes an error for each field that nobody asked for. Call it last.</summary>
    public IReadOnlyList<FieldError> RefuseOthers()
    {
        var others = string.Join(", ", known.Except(["code"]));
        var rest = others.Length == 0 ? ": this takes no parameters." : $"; those are {others}.";
        foreach (var name in query.Keys.Where(name => !known.Contains(name)).Take(UnknownMax))
            Refuse(name, "unknown_field", $"'{Short(name)}' is not a parameter here{rest}");
        return errors;
    }

    /// <summary>Notes an error of the caller's own rule.</summary>
    public void Refuse(string name, string code, string detail) => Refuse(new FieldError("?" + name, code, detail));

    public void Refuse(FieldError error) => errors.Add(error);

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
