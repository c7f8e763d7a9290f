using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Pipeline.Images;

/// <summary>
/// Keeps of an answer of the image API what may be stored for good: without URLs, which are keys to what is behind them, and bounded.
/// </summary>
public static partial class RedactAnswer
{
    /// <summary>What is kept, in bytes of UTF-8: some ten times what a usual answer has.</summary>
    public const int BytesMax = 4096;

    /// <summary>What a URL is replaced by.</summary>
    public const string Replacement = "(url)";

    private const int NameLengthMax = 40;
    private const int TextLengthMax = 280;
    private const int NumberLengthMax = 40;

    /// <summary>The longest escape of a character.</summary>
    private const int EscapeBytes = 6;

    /// <summary>From here on nothing more is begun: one more name and text, and the ends of what is open, still fit.</summary>
    private const int EnoughBytes = BytesMax - ((NameLengthMax + TextLengthMax) * EscapeBytes) - 100;

    // Letters of all languages stay as they are; the file is never part of a page.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The answer as JSON again: every URL replaced, long texts cut, and what exceeds the bound left out.</summary>
    /// <param name="answer">At most 64 deep, as the parser has it by default, with all its texts in Unicode.</param>
    public static string From(JsonElement answer)
    {
        var written = new ArrayBufferWriter<byte>(BytesMax);
        using (var json = new Utf8JsonWriter(written, Writing)) Write(json, answer);
        return Encoding.UTF8.GetString(written.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var property in value.EnumerateObject())
                {
                    if (IsEnough(json)) break;
                    json.WritePropertyName(Clean(property.Name, NameLengthMax));
                    Write(json, property.Value);
                }

                json.WriteEndObject();
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var element in value.EnumerateArray())
                {
                    if (IsEnough(json)) break;
                    Write(json, element);
                }

                json.WriteEndArray();
                break;
            case JsonValueKind.String:
                json.WriteStringValue(Clean(value.GetString()!, TextLengthMax));
                break;
            case JsonValueKind.Number when value.GetRawText().Length > NumberLengthMax:
                json.WriteNullValue();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }

    private static bool IsEnough(Utf8JsonWriter json) => json.BytesCommitted + json.BytesPending > EnoughBytes;

    // Cut twice: before, so that the search is short; after, since a replacement may be longer than what it replaces.
    private static string Clean(string text, int lengthMax) => Cut(UrlOrPath().Replace(Cut(text, lengthMax), Replacement), lengthMax);

    private static string Cut(string text, int lengthMax)
    {
        if (text.Length <= lengthMax) return text;
        var length = lengthMax - 1;
        if (char.IsHighSurrogate(text[length - 1])) length--;
        return text[..length] + "…";
    }

    /// <summary>
    /// A word with a scheme in it, also where it is escaped once more (JSON in a text, or percent signs); one with a query, where
    /// signatures are; a data URI; and a path, which is one of the API's own. Words end only at what no URL has in it: better too much
    /// is replaced than a key is kept.
    /// </summary>
    [GeneratedRegex(
        """
        [^\s"<>]*
        (?: (?: : | %(?:25)*3a | \\u003a ) (?: \\*/ | %(?:25)*2f | \\u002f ){2}
          | https? (?: : | %(?:25)*3a | \\u003a )
          | \? [^\s"<>]* =
          | \bdata:\w )
        [^\s"<>]*
        | (?<!\w) / [^\s"<>]+
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex UrlOrPath();
}
