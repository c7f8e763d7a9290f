using System.Text.Json;

namespace Local.ImageApi.Calls;

/// <summary>Takes the fields of a JSON object one by one and remembers what is wrong with them.</summary>
internal sealed class FieldReader(JsonElement body)
{
    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly List<string> problems = [];

    /// <summary>All that is wrong, or null.</summary>
    public string? Problem => problems.Count == 0 ? null : string.Join("; ", problems);

    public void Refuse(string problem) => problems.Add(problem);

    /// <summary>A text that must be there and not be blank; empty if it is not.</summary>
    public string Text(string name)
    {
        if (Find(name) is not { } value) return Refuse($"{name} is required", "");
        if (value.ValueKind != JsonValueKind.String) return Refuse($"{name} must be a string", "");
        return string.IsNullOrWhiteSpace(value.GetString()) ? Refuse($"{name} must not be empty", "") : value.GetString()!;
    }

    public int Whole(string name, int low, int high, int absent)
    {
        if (Find(name) is not { } value) return absent;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= low && number <= high) return number;
        return Refuse($"{name} must be a whole number from {low} to {high}", absent);
    }

    public double Number(string name, double low, double high)
    {
        if (Find(name) is not { } value) return Refuse($"{name} is required", low);
        if (value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number >= low && number <= high) return number;
        return Refuse($"{name} must be a number from {low} to {high}", low);
    }

    public string OneOf(string name, IEnumerable<string> values, string absent)
    {
        if (Find(name) is not { } value) return absent;
        if (value.ValueKind == JsonValueKind.String && values.Contains(value.GetString()!)) return value.GetString()!;
        return Refuse($"{name} must be one of {string.Join(", ", values)}", absent);
    }

    public IReadOnlyList<string> Texts(string name, int countMax)
    {
        if (Find(name) is not { } value) return [];
        if (value.ValueKind != JsonValueKind.Array) return Refuse<IReadOnlyList<string>>($"{name} must be an array of strings", []);
        if (value.GetArrayLength() > countMax) return Refuse<IReadOnlyList<string>>($"{name} may have at most {countMax} entries", []);
        if (value.EnumerateArray().Any(entry => entry.ValueKind != JsonValueKind.String))
        {
            return Refuse<IReadOnlyList<string>>($"{name} must be an array of strings", []);
        }

        return [.. value.EnumerateArray().Select(entry => entry.GetString()!)];
    }

    /// <summary>A field of which only the type is checked: its values are not publicly known.</summary>
    public void TextOrFlag(string name)
    {
        if (Find(name) is not { } value) return;
        if (value.ValueKind is JsonValueKind.String or JsonValueKind.True or JsonValueKind.False) return;
        Refuse($"{name} must be a string or a boolean");
    }

    /// <summary>Call it last: every field that nobody asked for is refused by name.</summary>
    public void RefuseOthers()
    {
        foreach (var field in body.EnumerateObject())
        {
            if (!known.Contains(field.Name)) Refuse($"unknown field '{field.Name}'");
        }
    }

    private JsonElement? Find(string name)
    {
        known.Add(name);
        return body.TryGetProperty(name, out var value) ? value : null;
    }

    private T Refuse<T>(string problem, T instead)
    {
        problems.Add(problem);
        return instead;
    }
}
