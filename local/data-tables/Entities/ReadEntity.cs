using System.Globalization;
using System.Text.Json;
using System.Xml;

namespace Azure.Data.Tables;

/// <summary>Turns the JSON of a row into an entity: properties by the types that are named, members by the types that they have.</summary>
internal static class ReadEntity
{
    public static T From<T>(JsonElement row) where T : class, ITableEntity
    {
        var entity = Activator.CreateInstance<T>();
        if (entity is IDictionary<string, object?> properties) Fill(properties, row);
        else Fill(entity, row);
        return entity;
    }

    private static void Fill(IDictionary<string, object?> properties, JsonElement row)
    {
        foreach (var property in row.EnumerateObject())
        {
            var name = property.Name;
            if (name == PropertyNames.ODataMetadata || name.EndsWith(PropertyNames.TypeSuffix, StringComparison.Ordinal)) continue;
            properties[name] = ByName(property.Value, TypeNameOf(name, row));
        }
    }

    /// <summary>The type that is named for a property. Timestamp needs none: every row has it, and it is a date.</summary>
    private static string? TypeNameOf(string name, JsonElement row) =>
        row.TryGetProperty(name + PropertyNames.TypeSuffix, out var type) ? type.GetString()
        : name == nameof(ITableEntity.Timestamp) ? "Edm.DateTime"
        : null;

    private static object? ByName(JsonElement value, string? edmType) => (edmType, value.ValueKind) switch
    {
        (_, JsonValueKind.Null) => null,
        ("Edm.Int64", _) => Int64(value),
        ("Edm.Double", _) => Double(value),
        ("Edm.Guid", _) => value.GetGuid(),
        ("Edm.DateTime", _) => Date(value),
        ("Edm.Binary", _) => value.GetBytesFromBase64(),
        (_, JsonValueKind.String) => value.GetString(),
        (_, JsonValueKind.True or JsonValueKind.False) => value.GetBoolean(),
        (_, JsonValueKind.Number) => Number(value),
        _ => throw new NotSupportedException($"A property of type {edmType ?? "no name"} with the JSON {value.ValueKind}."),
    };

    private static void Fill(ITableEntity entity, JsonElement row)
    {
        foreach (var member in EntityShape.Of(entity.GetType()).Members)
        {
            if (!member.CanWrite) continue;
            var name = member.Name == nameof(ITableEntity.ETag) ? PropertyNames.ODataETag : member.Name;
            if (!row.TryGetProperty(name, out var value)) continue;
            if (value.ValueKind == JsonValueKind.Null) member.Set(entity, null);
            else if (ByMember(value, Nullable.GetUnderlyingType(member.Type) ?? member.Type) is { } read) member.Set(entity, read);
        }
    }

    /// <summary>The value as the member's type, or null where the member keeps its default: an unknown name of an enum, or type.</summary>
    private static object? ByMember(JsonElement value, Type type)
    {
        if (type.IsEnum) return Enum.IsDefined(type, value.GetString()!) ? Enum.Parse(type, value.GetString()!) : null;
        if (type == typeof(string)) return value.GetString();
        if (type == typeof(int)) return value.GetInt32();
        if (type == typeof(long)) return Int64(value);
        if (type == typeof(ulong)) return ulong.Parse(value.GetString()!, CultureInfo.InvariantCulture);
        if (type == typeof(bool)) return value.GetBoolean();
        if (type == typeof(double)) return Double(value);
        if (type == typeof(DateTimeOffset)) return Date(value);
        if (type == typeof(DateTime)) return Date(value).UtcDateTime;
        if (type == typeof(Guid)) return value.GetGuid();
        if (type == typeof(byte[])) return value.GetBytesFromBase64();
        if (type == typeof(BinaryData)) return BinaryData.FromBytes(value.GetBytesFromBase64());
        if (type == typeof(TimeSpan)) return XmlConvert.ToTimeSpan(value.GetString()!);
        if (type == typeof(ETag)) return new ETag(value.GetString()!);
        return null;
    }

    private static long Int64(JsonElement value) => long.Parse(value.GetString()!, CultureInfo.InvariantCulture);

    /// <summary>NaN and the infinities come as text; a whole number may come without a fraction.</summary>
    private static double Double(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? double.Parse(value.GetString()!, CultureInfo.InvariantCulture) : value.GetDouble();

    private static DateTimeOffset Date(JsonElement value) => DateTimeOffset.Parse(
        value.GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    /// <summary>A number without a type: an int, unless it has a fraction or does not fit.</summary>
    private static object Number(JsonElement value)
    {
        if (value.TryGetInt32(out var small)) return small;
        if (value.TryGetInt64(out var large)) return large;
        return value.GetDouble();
    }
}
