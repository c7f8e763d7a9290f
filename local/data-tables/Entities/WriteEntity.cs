using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Xml;

namespace Azure.Data.Tables;

/// <summary>Turns a row into the JSON that the service takes: each property, and its type where JSON has no such type.</summary>
internal static class WriteEntity
{
    private const string DateFormat = "yyyy-MM-ddTHH:mm:ss.fffffffZ";

    public static ReadOnlyMemory<byte> ToJson(ITableEntity entity)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        To(json, entity);
        return buffer.WrittenMemory;
    }

    /// <summary>Writes the row as one JSON object, without a line break.</summary>
    /// <exception cref="NotSupportedException">A value of a type that a table cannot hold, or a date that is not UTC.</exception>
    public static void To(Utf8JsonWriter json, ITableEntity entity)
    {
        json.WriteStartObject();
        if (entity is IDictionary<string, object?> properties)
        {
            foreach (var (name, value) in properties)
            {
                if (value is Enum)
                    throw new NotSupportedException("Enum values are only supported for custom model types implementing ITableEntity.");
                Write(json, name, value);
            }
        }
        else
        {
            foreach (var member in EntityShape.Of(entity.GetType()).Members)
                if (member.CanRead) Write(json, member.Name, member.Get(entity));
        }

        json.WriteEndObject();
        json.Flush();
    }

    /// <summary>Writes a property; null is left out, since the service stores no nulls and a merge leaves what is there.</summary>
    private static void Write(Utf8JsonWriter json, string name, object? value)
    {
        if (value is null || PropertyNames.IsKeptByService(name)) return;
        if (EdmTypeOf(value) is { } edmType) json.WriteString(name + PropertyNames.TypeSuffix, edmType);
        json.WritePropertyName(name);
        WriteValue(json, name, value);
    }

    /// <summary>The name of a value's type where its JSON does not tell it.</summary>
    private static string? EdmTypeOf(object value) => value switch
    {
        long or ulong => "Edm.Int64",
        double => "Edm.Double",
        Guid => "Edm.Guid",
        DateTimeOffset or DateTime => "Edm.DateTime",
        byte[] or BinaryData => "Edm.Binary",
        _ => null,
    };

    private static void WriteValue(Utf8JsonWriter json, string name, object value)
    {
        switch (value)
        {
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case short or ushort or sbyte or byte: json.WriteNumberValue(Convert.ToInt32(value, CultureInfo.InvariantCulture)); break;
            case uint number: json.WriteNumberValue(number); break;
            case long or ulong: json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
            case double number when double.IsFinite(number): json.WriteNumberValue(number); break;
            case double number: json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); break;
            case float number: json.WriteNumberValue(number); break;
            case decimal number: json.WriteNumberValue(number); break;
            case Guid id: json.WriteStringValue(id); break;
            case DateTimeOffset date: json.WriteStringValue(Text(date.UtcDateTime)); break;
            case DateTime { Kind: DateTimeKind.Utc } date: json.WriteStringValue(Text(date)); break;
            case DateTime date:
                throw new NotSupportedException($"{name} is a DateTime of kind {date.Kind}; only UTC is stored. Use DateTime.SpecifyKind.");
            case byte[] bytes: json.WriteBase64StringValue(bytes); break;
            case BinaryData bytes: json.WriteBase64StringValue(bytes); break;
            case TimeSpan duration: json.WriteStringValue(XmlConvert.ToString(duration)); break;
            case Enum member: json.WriteStringValue(member.ToString()); break;
            default: throw new NotSupportedException($"{name} is a {value.GetType()}, which a table cannot hold.");
        }
    }

    private static string Text(DateTime date) => date.ToString(DateFormat, CultureInfo.InvariantCulture);
}
