using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Pipeline.Http;

namespace Pipeline.Manifests.Reading;

/// <summary>A job's fields in the one form that all ways to write the same job share: names in order, no white space.</summary>
/// <param name="Text">In UTF-8.</param>
internal readonly record struct JobJson(ReadOnlyMemory<byte> Text)
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = Json.Options.Encoder };

    public UInt128 Hash => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Text.Span));

    public JsonElement Element => JsonElement.Parse(Text.Span);

    /// <param name="fields">The job's.</param>
    /// <param name="values">What the placeholders in its texts stand for.</param>
    public static JobJson Of(IReadOnlyDictionary<string, JsonElement> fields, IReadOnlyDictionary<string, JsonElement> values)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            foreach (var (name, value) in fields.OrderBy(field => field.Key, StringComparer.Ordinal))
            {
                json.WritePropertyName(name);
                Write(json, value, values);
            }

            json.WriteEndObject();
        }

        return new JobJson(buffer.WrittenMemory);
    }

    private static void Write(Utf8JsonWriter json, JsonElement value, IReadOnlyDictionary<string, JsonElement> values)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                JobMatrix.Write(json, value.GetString()!, values);
                break;
            case JsonValueKind.Array:
                json.WriteStartArray();
                foreach (var element in value.EnumerateArray()) Write(json, element, values);
                json.WriteEndArray();
                break;
            case JsonValueKind.Object:
                json.WriteStartObject();
                foreach (var field in value.EnumerateObject().OrderBy(field => field.Name, StringComparer.Ordinal))
                {
                    json.WritePropertyName(field.Name);
                    Write(json, field.Value, values);
                }

                json.WriteEndObject();
                break;
            default:
                value.WriteTo(json);
                break;
        }
    }
}
