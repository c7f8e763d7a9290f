using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure.Data.Tables;

namespace Pipeline.CopyTables;

/// <summary>
/// A row as a line of JSON: keys, and each column with its type, as <c>"Available": { "Int64": "100" }</c>. What JSON has itself, text and
/// true or false, stands for itself. When a row was written last, and its ETag, are the table's own and are not copied. Equal rows have
/// equal lines.
/// </summary>
internal static class RowLine
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly HashSet<string> Own = ["odata.etag", "Timestamp"];

    public static string Write(TableEntity row) =>
        new JsonObject(row.Where(column => !Own.Contains(column.Key)).OrderBy(column => column.Key, StringComparer.Ordinal)
            .Select(column => KeyValuePair.Create<string, JsonNode?>(column.Key, Write(column)))).ToJsonString(Plain);

    /// <exception cref="FormatException">It is no row's line.</exception>
    public static TableEntity Read(string line)
    {
        try
        {
            var row = new TableEntity();
            foreach (var (name, value) in JsonNode.Parse(line)!.AsObject()) row[name] = Read(value!);
            return row.PartitionKey is not null && row.RowKey is not null ? row : throw new FormatException("A row has no keys.");
        }
        // A column that is there twice is an ArgumentException.
        catch (Exception e) when (
            e is JsonException or InvalidOperationException or NullReferenceException or OverflowException or ArgumentException)
        {
            throw new FormatException($"A row is damaged: {e.Message}");
        }
    }

    private static JsonNode Write(KeyValuePair<string, object?> column) => column.Value switch
    {
        string text => JsonValue.Create(text),
        bool yes => JsonValue.Create(yes),
        int number => Typed("Int32", number.ToString(CultureInfo.InvariantCulture)),
        long number => Typed("Int64", number.ToString(CultureInfo.InvariantCulture)),
        double number => Typed("Double", number.ToString("R", CultureInfo.InvariantCulture)),
        DateTimeOffset time => Typed("DateTime", time.ToString("O", CultureInfo.InvariantCulture)),
        Guid id => Typed("Guid", id.ToString()),
        byte[] bytes => Typed("Binary", Convert.ToBase64String(bytes)),
        var other => throw new NotSupportedException($"The column {column.Key} is a {other?.GetType().Name ?? "null"}."),
    };

    private static JsonObject Typed(string type, string value) => new() { [type] = value };

    private static object Read(JsonNode value)
    {
        if (value is JsonValue plain) return plain.TryGetValue<bool>(out var yes) ? yes : plain.GetValue<string>();
        var (type, inner) = value.AsObject().Single();
        var text = inner!.GetValue<string>();
        return type switch
        {
            "Int32" => int.Parse(text, CultureInfo.InvariantCulture),
            "Int64" => long.Parse(text, CultureInfo.InvariantCulture),
            "Double" => double.Parse(text, CultureInfo.InvariantCulture),
            "DateTime" => DateTimeOffset.ParseExact(text, "O", CultureInfo.InvariantCulture),
            "Guid" => Guid.Parse(text),
            "Binary" => Convert.FromBase64String(text),
            _ => throw new FormatException($"'{type}' is no type of a column."),
        };
    }
}
