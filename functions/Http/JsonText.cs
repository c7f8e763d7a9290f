using System.Text.Json;
using System.Text.Unicode;

namespace Pipeline.Http;

/// <summary>Finds what the JSON reader passes over and only throws at when a name is asked for: text that is not Unicode.</summary>
public static class JsonText
{
    /// <summary>What is wrong with the text, as the rest of a sentence, or null. Broken JSON is left to the parser.</summary>
    public static string? FaultOf(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json)) return "is not encoded in UTF-8";
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueIsEscaped) reader.GetString();
            }
        }
        catch (InvalidOperationException)
        {
            return "has a name with half a surrogate pair";
        }
        catch (JsonException)
        {
            // The parser says where.
        }

        return null;
    }
}
