using System.Text.Json;

namespace Pipeline.Http;

/// <summary>
/// Reads an object's fields one by one and notes what is wrong with each, so that the caller hears of everything at once.
/// </summary>
/// <remarks>
/// A field that is null counts as left out. A field that nobody asked for is an error: a typing mistake must not cost credits.
/// </remarks>
public sealed class JsonFields
{
    /// <summary>Unknown fields that are named; a body of nothing else must not become an answer many times its size.</summary>
    private const int UnknownMax = 20;

    private const int NameShownMax = 100;

    private readonly JsonElement json;
    private readonly string pointer;
    private readonly List<FieldError> errors;
    private readonly HashSet<string> known = new(StringComparer.Ordinal);

    /// <param name="json">What should be an object.</param>
    /// <param name="pointer">Its JSON pointer; empty for the whole body.</param>
    public JsonFields(JsonElement json, string pointer)
        : this(json, pointer, [])
    {
    }

    private JsonFields(JsonElement json, string pointer, List<FieldError> errors)
    {
        this.json = json;
        this.pointer = pointer;
        this.errors = errors;
    }

    public IReadOnlyList<FieldError> Errors => errors;

    /// <summary>Notes an error of the caller's own rule.</summary>
    public void Refuse(string name, string code, string detail) => errors.Add(new FieldError(PointerTo(name), code, detail));

    /// <summary>A string of so many UTF-16 characters, or null with an error noted if it is required or wrong.</summary>
    /// <param name="name">The field.</param>
    /// <param name="lengthMax">At most so many.</param>
    /// <param name="required">Whether it must be there and have more than white space.</param>
    /// <param name="lines">Whether line breaks and tabs are allowed; other control characters never are.</param>
    public string? Text(string name, int lengthMax, bool required = false, bool lines = false)
    {
        if (Find(name) is not { } value)
        {
            if (required) Refuse(name, "required", $"'{name}' is required: a string of 1 to {lengthMax:N0} characters.");
            return null;
        }

        if (AsText(value) is not { } text)
        {
            Refuse(name, "wrong_type",
                value.ValueKind == JsonValueKind.String
                    ? $"'{name}' has half a surrogate pair in it, which is no character: send both halves, or neither."
                    : $"'{name}' must be a string, not {Describe(value)}.");
            return null;
        }

        var fault = TextFault(text, lengthMax, lines);
        if (fault is null) return text;
        Refuse(name, fault.Value.Code, $"'{name}' {fault.Value.Detail}");
        return null;
    }

    /// <summary>A whole number in a range, or null with an error noted if it is required or wrong.</summary>
    public long? Whole(string name, long min, long max, bool required = false)
    {
        if (Find(name) is not { } value)
        {
            if (required) Refuse(name, "required", $"'{name}' is required: a whole number from {min:N0} to {max:N0}.");
            return null;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var number))
        {
            Refuse(name, "wrong_type", $"'{name}' must be a whole number from {min:N0} to {max:N0}, not {Describe(value)}.");
            return null;
        }

        if (number >= min && number <= max) return number;
        Refuse(name, "out_of_range", $"'{name}' must be from {min:N0} to {max:N0}; given was {number}.");
        return null;
    }

    /// <summary>An object whose values are all strings; empty if left out, or with errors noted if wrong.</summary>
    public IReadOnlyDictionary<string, string> Pairs(string name, int countMax, int keyMax, int valueMax)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Find(name) is not { } value) return pairs;
        if (value.ValueKind != JsonValueKind.Object)
        {
            Refuse(name, "wrong_type", $"'{name}' must be an object of strings, not {Describe(value)}.");
            return pairs;
        }

        var count = value.GetPropertyCount();
        if (count > countMax)
        {
            Refuse(name, "too_long", $"'{name}' may have at most {countMax} pairs; given were {count}.");
            return pairs;
        }

        foreach (var pair in value.EnumerateObject())
        {
            var at = $"{name}/{Escape(pair.Name)}";
            if (TextFault(pair.Name, keyMax, lines: false) is { } keyFault)
                Refuse(at, keyFault.Code, $"A key of '{name}' {keyFault.Detail}");
            else if (AsText(pair.Value) is not { } text) Refuse(at, "wrong_type", $"'{at}' must be a string, not {Describe(pair.Value)}.");
            else if (text.Any(char.IsControl)) Refuse(at, "not_allowed", $"'{at}' must not contain control characters.");
            else if (text.Length > valueMax) Refuse(at, "too_long", $"'{at}' may have {valueMax} characters; given were {text.Length:N0}.");
            else pairs.Add(pair.Name, text);
        }

        return pairs;
    }

    /// <summary>True or false; null if it is left out, or with an error noted if it is wrong.</summary>
    public bool? Flag(string name)
    {
        var value = Find(name);
        if (value is null or { ValueKind: JsonValueKind.True or JsonValueKind.False }) return value?.GetBoolean();
        Refuse(name, "wrong_type", $"'{name}' must be true or false, not {Describe(value.Value)}.");
        return null;
    }

    /// <summary>A time of ISO 8601 with its offset, or null with an error noted if it is wrong.</summary>
    public DateTimeOffset? Time(string name)
    {
        if (Find(name) is not { } value) return null;
        if (AsText(value) is { } text && QueryFields.TryTime(text, out var time)) return time;
        Refuse(name, "not_allowed", $"'{name}' must be a time with its offset, as '2026-01-31T09:30:00Z'.");
        return null;
    }

    /// <summary>A value of any type, or null if it is left out.</summary>
    public JsonElement? Any(string name) => Find(name);

    /// <summary>An array of so many elements, or null if it is left out, or with an error noted if it is wrong.</summary>
    public JsonElement? Array(string name, int countMax)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array)
            Refuse(name, "wrong_type", $"'{name}' must be an array, not {Describe(value)}.");
        else if (value.GetArrayLength() > countMax)
            Refuse(name, "too_long", $"'{name}' may have {countMax} elements; given were {value.GetArrayLength():N0}.");
        else return value;
        return null;
    }

    /// <summary>One of an enum's values in snake_case, or null with an error noted if it is wrong.</summary>
    public T? OneOf<T>(string name)
        where T : struct, Enum => Find(name) is { } value ? OneOf<T>(name, value) : null;

    /// <summary>Several of an enum's values, each once; empty if left out.</summary>
    public IReadOnlyList<T> Several<T>(string name)
        where T : struct, Enum
    {
        if (Array(name, Enum.GetValues<T>().Length) is not { } array) return [];
        return [.. array.EnumerateArray().Select((element, index) => OneOf<T>($"{name}/{index}", element)).OfType<T>().Distinct()];
    }

    /// <summary>The fields of an object inside this one; their errors are noted here.</summary>
    public JsonFields Within(string name, JsonElement value) => new(value, PointerTo(name), errors);

    /// <summary>Notes an error for each field that nobody asked for. Call it last.</summary>
    public IReadOnlyList<FieldError> RefuseOthers()
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            errors.Clear();
            errors.Add(new FieldError(pointer, "wrong_type", $"A JSON object is expected here, not {Describe(json)}."));
            return errors;
        }

        foreach (var field in json.EnumerateObject().Where(field => !known.Contains(field.Name)).Take(UnknownMax))
        {
            var name = Short(field.Name);
            Refuse(Escape(name), "unknown_field", known.Count == 0
                ? $"'{name}' is not a field here: this takes no fields."
                : $"'{name}' is not a field here; those are {string.Join(", ", known)}.");
        }

        return errors;
    }

    private T? OneOf<T>(string name, JsonElement value)
        where T : struct, Enum
    {
        var text = AsText(value);
        foreach (var known in Enum.GetValues<T>())
        {
            if (Json.Name(known) == text) return known;
        }

        var names = string.Join(", ", Enum.GetValues<T>().Select(known => $"'{Json.Name(known)}'"));
        Refuse(name, text is null ? "wrong_type" : "not_allowed", $"'{name}' must be one of {names}.");
        return null;
    }

    private JsonElement? Find(string name)
    {
        known.Add(name);
        return json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;
    }

    private string PointerTo(string name) => $"{pointer}/{name}";

    private static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static (string Code, string Detail)? TextFault(string text, int lengthMax, bool lines) =>
        string.IsNullOrWhiteSpace(text) ? ("out_of_range", $"must have 1 to {lengthMax:N0} characters, not only white space.")
        : text.Length > lengthMax ? ("too_long", $"may have at most {lengthMax:N0} characters; given were {text.Length:N0}.")
        : text.Any(c => char.IsControl(c) && !(lines && c is '\n' or '\r' or '\t'))
            ? ("not_allowed", "must not contain control characters.")
        : null;

    // Half a surrogate pair is valid JSON, but no text.
    internal static string? AsText(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    internal static string Short(string name) => name.Length <= NameShownMax ? name : name[..NameShownMax] + "…";

    private static string Describe(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.GetRawText() is { Length: <= 40 } number ? number : "a long number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
