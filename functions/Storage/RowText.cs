using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;

namespace Pipeline.Storage;

/// <summary>A row as text, with its ETag and the types of its values, so that it can be read without asking storage for it.</summary>
public static class RowText
{
    private static readonly JsonSerializerOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="row">With texts, numbers, truth values and times.</param>
    /// <param name="etag">Of the row as it is stored.</param>
    public static string Write(TableEntity row, ETag etag) => JsonSerializer.Serialize(
        row.Where(value => value.Key is not ("odata.etag" or "Timestamp")).Select(value => Typed(value.Key, value.Value))
            .Prepend([etag.ToString()]),
        Options);

    /// <returns>The row, or null if the text is none that <see cref="Write"/> wrote.</returns>
    public static TableEntity? Read(string text)
    {
        try
        {
            var lines = JsonSerializer.Deserialize<List<string[]>>(text, Options);
            if (lines is not [[var etag], .. var values]) return null;
            var row = new TableEntity { ETag = new ETag(etag) };
            foreach (var value in values)
            {
                if (value is not [var name, var type, var content]) return null;
                row[name] = Value(type, content);
            }

            return row;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return null;
        }
    }

    private static string[] Typed(string name, object? value) => value switch
    {
        string text => [name, "s", text],
        int number => [name, "i", number.ToString(CultureInfo.InvariantCulture)],
        long number => [name, "l", number.ToString(CultureInfo.InvariantCulture)],
        bool truth => [name, "b", truth ? "1" : "0"],
        DateTimeOffset time => [name, "t", time.UtcTicks.ToString(CultureInfo.InvariantCulture)],
        _ => throw new NotSupportedException($"{name} is a {value?.GetType()}."),
    };

    private static object Value(string type, string content) => type switch
    {
        "s" => content,
        "i" => int.Parse(content, CultureInfo.InvariantCulture),
        "l" => long.Parse(content, CultureInfo.InvariantCulture),
        "b" => content == "1",
        "t" => new DateTimeOffset(long.Parse(content, CultureInfo.InvariantCulture), TimeSpan.Zero),
        _ => throw new FormatException($"'{type}' is no type of a value."),
    };
}
