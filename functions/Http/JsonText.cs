using System.Text.Json;
using System.Text.Unicode;

namespace Pipeline.Http;

/// <summary>Finds what the JSON reader passes over and only throws at when it is asked for: text that is not Unicode.</summary>
public static class JsonText
{
    /// <summary>
    /// What is wrong with the encoding or with a name, as the rest of a sentence, or null. Broken JSON is left to the parser.
    /// </summary>
    /// <param name="json">The text.</param>
    /// <param name="values">Whether values are looked at, too; else it is left to each field to refuse its own.</param>
    public static string? FaultOf(ReadOnlySpan<byte> json, bool values = false)
    {
        if (!Utf8.IsValid(json)) return "is not encoded in UTF-8";
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
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
}
