using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Pipeline.Http;

/// <summary>Finds what the JSON reader passes over and only throws at when it is asked for: text that is not Unicode.</summary>
public static class JsonText
{
    private static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    /// <summary>
    /// What is wrong with the encoding or with a name, as the rest of a sentence, or null. Broken JSON is left to the parser.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <param name="values">Whether values are looked at, too; else it is left to each field to refuse its own.</param>
    /// <param name="tokensMax">More names, values and brackets than these are a fault.</param>
    public static string? FaultOf(ReadOnlySpan<byte> json, bool values = false, int tokensMax = int.MaxValue)
    {
        if (!Utf8.IsValid(json)) return "is not encoded in UTF-8";
        var reader = new Utf8JsonReader(json);
        try
        {
            for (var tokens = 1; reader.Read(); tokens++)
            {
                if (tokens > tokensMax) return $"has more than {tokensMax:N0} names, values and brackets in it";
                var isText = reader.TokenType == JsonTokenType.PropertyName || (values && reader.TokenType == JsonTokenType.String);
                if (isText && reader.ValueIsEscaped) reader.GetString();
            }
        }
        catch (InvalidOperationException)
        {
            return "has half a surrogate pair in it";
        }
        catch (JsonException)
        {
            // The parser says where.
        }

        return null;
    }

    /// <summary>How many bytes of a byte order mark it begins with: editors of Windows write one, and no JSON parser takes it.</summary>
    public static int MarkLength(ReadOnlySpan<byte> json) => json.StartsWith(Mark) ? Mark.Length : 0;

    /// <summary>The first name that an object of this JSON has twice, or null. <see cref="FaultOf"/> found nothing in it.</summary>
    public static string? NameThatIsThereTwice(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var open = new Stack<HashSet<string>>();
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.StartObject) open.Push(new HashSet<string>(StringComparer.Ordinal));
                else if (reader.TokenType == JsonTokenType.EndObject) open.Pop();
                else if (reader.TokenType == JsonTokenType.PropertyName && !open.Peek().Add(reader.GetString()!)) return reader.GetString();
            }
        }
        catch (JsonException)
        {
            // Broken, which is another fault.
        }

        return null;
    }

    /// <summary>Whether a JSON string begins so, ignoring case; without making a string of what may be megabytes.</summary>
    internal static bool StartsWith(JsonElement text, string start)
    {
        var raw = JsonMarshal.GetRawUtf8Value(text)[1..];
        return raw.Length > start.Length && Ascii.EqualsIgnoreCase(raw[..start.Length], start);
    }
}
