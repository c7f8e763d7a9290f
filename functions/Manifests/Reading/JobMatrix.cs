using System.Text.Json;
using System.Text.RegularExpressions;
using Pipeline.Http;

namespace Pipeline.Manifests.Reading;

/// <summary>The axes of a job's <c>matrix</c>: each combination of their values is a job.</summary>
/// <param name="Axes">In the order of the file; the last one's values change fastest.</param>
/// <param name="Count">How many combinations there are; never more than fit into a file's jobs, and one more.</param>
internal sealed partial record JobMatrix(IReadOnlyList<(string Name, IReadOnlyList<JsonElement> Values)> Axes, int Count)
{
    public const string Field = "matrix";

    private const int AxesMax = 8;
    private const int ValuesMax = 1000;

    /// <summary>One combination, without values: a job that has no matrix.</summary>
    public static JobMatrix None { get; } = new([], 1);

    /// <summary>Reads the matrix of a job, with all that is wrong with it noted.</summary>
    /// <param name="fields">The job's fields, with the defaults.</param>
    /// <param name="errors">Where errors go.</param>
    public static JobMatrix Read(IReadOnlyDictionary<string, JsonElement> fields, JsonFields errors)
    {
        if (!fields.TryGetValue(Field, out var matrix)) return None;
        if (matrix.ValueKind != JsonValueKind.Object || matrix.GetPropertyCount() is 0 or > AxesMax)
        {
            errors.Refuse(
                Field, "wrong_type", $"'matrix' must be an object of 1 to {AxesMax} arrays, as {{\"animal\":[\"cat\",\"dog\"]}}.");
            return None;
        }

        var used = fields.Where(field => field.Key != Field).SelectMany(field => Placeholders(field.Value))
            .ToHashSet(StringComparer.Ordinal);
        var axes = new List<(string, IReadOnlyList<JsonElement>)>();
        var count = 1L;
        foreach (var axis in matrix.EnumerateObject())
        {
            var name = JsonFields.Short(axis.Name);
            if (FaultOf(axis, used) is { } fault) errors.Refuse($"{Field}/{name}", fault.Code, $"'{name}' {fault.Detail}");
            else axes.Add((axis.Name, [.. axis.Value.EnumerateArray()]));
            // One more than there may be is as good as any larger number, and cannot overflow.
            if (axis.Value.ValueKind == JsonValueKind.Array)
                count = Math.Min(count * axis.Value.GetArrayLength(), ReadManifestFile.JobsMax + 1);
        }

        return new JobMatrix(axes, (int)count);
    }

    /// <summary>The values of one combination, from 0.</summary>
    public IReadOnlyDictionary<string, JsonElement> Combination(int number)
    {
        var values = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, all) in Axes.Reverse())
        {
            values.Add(name, all[number % all.Count]);
            number /= all.Count;
        }

        return values;
    }

    /// <summary>Whether a text somewhere in a value has something that may be a placeholder.</summary>
    public static bool HasPlaceholder(JsonElement value) => Placeholders(value).Any();

    /// <summary>A text with its placeholders replaced; one that is nothing but a placeholder becomes its value, number or not.</summary>
    public static void Write(Utf8JsonWriter json, string text, IReadOnlyDictionary<string, JsonElement> values)
    {
        if (values.Count > 0 && Placeholder().Match(text) is { Success: true } only && only.Length == text.Length
            && values.TryGetValue(only.Groups[1].Value, out var whole))
            whole.WriteTo(json);
        else if (values.Count > 0)
            json.WriteStringValue(Placeholder().Replace(
                text, found => values.TryGetValue(found.Groups[1].Value, out var value) ? value.ToString() : found.Value));
        else
            json.WriteStringValue(text);
    }

    private static (string Code, string Detail)? FaultOf(JsonProperty axis, HashSet<string> used)
    {
        if (!AxisName().IsMatch(axis.Name)) return ("not_allowed", "is no name for an axis: 1 to 64 letters, digits, '_' and '-'.");
        if (axis.Value.ValueKind != JsonValueKind.Array || axis.Value.GetArrayLength() is 0 or > ValuesMax)
            return ("wrong_type", $"must be an array of 1 to {ValuesMax:N0} strings, numbers or booleans.");
        var values = new HashSet<string>(StringComparer.Ordinal);
        foreach (var value in axis.Value.EnumerateArray())
        {
            if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False))
                return ("wrong_type", "may have strings, numbers and booleans only.");
            if (!values.Add(value.ToString())) return ("not_allowed", $"has the value '{JsonFields.Short(value.ToString())}' twice.");
        }

        return used.Contains(axis.Name) ? null : ("not_allowed", $"is used nowhere: no text of the job has '{{{axis.Name}}}'.");
    }

    private static IEnumerable<string> Placeholders(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => Placeholder().Matches(value.GetString()!).Select(found => found.Groups[1].Value),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Placeholders),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(field => Placeholders(field.Value)),
        _ => [],
    };

    [GeneratedRegex(@"\{([A-Za-z0-9_-]{1,64})\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex AxisName();
}
