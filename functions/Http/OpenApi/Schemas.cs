using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Pipeline.Http.OpenApi;

/// <summary>The document's schemas, of records as <see cref="Json.Options"/> writes and reads them. Each record is a component.</summary>
internal sealed class Schemas(OpenApiDocument document)
{
    private readonly Dictionary<string, (Type Type, bool IsRead)> named = new(StringComparer.Ordinal);

    /// <summary>What is written as an answer.</summary>
    public IOpenApiSchema Written(Type type) => Read(Export(type, isRead: false));

    /// <summary>What is read from a body: fields that it does not have are refused.</summary>
    public IOpenApiSchema Body(Type type) => type == typeof(Stream) ? new OpenApiSchema() : Read(Export(type, isRead: true));

    /// <summary>One value that a path has.</summary>
    public IOpenApiSchema InPath(Type type) => Read(Export(type, isRead: true));

    /// <summary>What is read from a query: a parameter for each field.</summary>
    public IEnumerable<OpenApiParameter> Query(Type type)
    {
        foreach (var property in Json.Options.GetTypeInfo(type).Properties)
        {
            var schema = Ruled(Export(property.PropertyType, isRead: true), property);
            var description = schema["description"]?.GetValue<string>();
            schema.Remove("description");
            yield return new OpenApiParameter
            {
                Name = property.Name,
                In = ParameterLocation.Query,
                Description = description,
                Required = !property.IsSetNullable,
                Schema = Read(WithoutNull(schema)),
            };
        }
    }

    private JsonObject Export(Type type, bool isRead)
    {
        var options = new JsonSchemaExporterOptions
        {
            TreatNullObliviousAsNonNullable = true,
            TransformSchemaNode = (context, schema) => Describe(context, AsObject(schema), isRead),
        };
        return (JsonObject)Json.Options.GetJsonSchemaAsNode(type, options);
    }

    private JsonObject Describe(JsonSchemaExporterContext context, JsonObject schema, bool isRead)
    {
        var type = context.TypeInfo.Type;
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        if (plain.IsEnum || plain == typeof(DateTimeOffset))
        {
            // Of a converter of ours the exporter knows nothing, and of an enum it says only the values.
            JsonNode name = plain == type ? "string" : new JsonArray("string", "null");
            schema.Insert(0, "type", name);
            if (!plain.IsEnum) schema["format"] = "date-time";
            // Written in UTC always, read with any offset.
            if (!plain.IsEnum && !isRead) schema["pattern"] = "Z$";
        }

        if (context.TypeInfo.Kind == JsonTypeInfoKind.Object) schema = Component(context.TypeInfo, schema, isRead);
        if (context.PropertyInfo is not { } property) return schema;
        return Ruled(isRead || IsAlwaysWritten(property) ? schema : WithoutNull(schema), property);
    }

    /// <summary>Puts a record among the components, and gives a reference to it.</summary>
    private JsonObject Component(JsonTypeInfo record, JsonObject schema, bool isRead)
    {
        var isNullable = AllowsNull(schema);
        var name = NameOf(record.Type);
        if (named.TryAdd(name, (record.Type, isRead)))
        {
            var properties = schema["properties"] as JsonObject ?? [];
            var required = isRead
                ? properties.Where(property => !AllowsNull(property.Value!)).Select(property => property.Key)
                : record.Properties.Where(IsAlwaysWritten).Select(property => property.Name);
            var whole = new JsonObject { ["type"] = "object", ["properties"] = properties.DeepClone() };
            if (record.Type.GetCustomAttribute<DescriptionAttribute>() is { } about) whole["description"] = about.Description;
            whole["required"] = new JsonArray([.. required.Select(field => JsonValue.Create(field))]);
            if (isRead) whole["additionalProperties"] = false;
            document.AddComponent(name, (OpenApiSchema)Read(whole));
        }
        else if (named[name] != (record.Type, isRead))
        {
            // What is required differs, too: of an answer whatever is always written, of a request what must be sent.
            throw new InvalidOperationException(
                $"{named[name].Type} and {record.Type} would both be the schema '{name}': rename one. "
                + "If it is one record that is read and written, make two records of it.");
        }

        var reference = new JsonObject { ["$ref"] = "#/components/schemas/" + name };
        return isNullable ? new JsonObject { ["anyOf"] = new JsonArray(reference, new JsonObject { ["type"] = "null" }) } : reference;
    }

    /// <summary>A record's name without View; of a list, what it is a list of.</summary>
    private static string NameOf(Type type)
    {
        var isList = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ListView<>);
        if (isList) return NameOf(type.GetGenericArguments()[0]) + "List";
        return type.Name.EndsWith("View", StringComparison.Ordinal) ? type.Name[..^"View".Length] : type.Name;
    }

    /// <summary>What the attributes of a property, or of the parameter that it comes from, add to its schema.</summary>
    private static IEnumerable<Attribute> Rules(JsonPropertyInfo property) =>
        new[] { property.AttributeProvider, property.AssociatedParameter?.AttributeProvider }
            .OfType<ICustomAttributeProvider>().SelectMany(provider => provider.GetCustomAttributes(inherit: true)).OfType<Attribute>();

    private static JsonObject Ruled(JsonObject schema, JsonPropertyInfo property)
    {
        foreach (var rule in Rules(property))
        {
            switch (rule)
            {
                case DescriptionAttribute about:
                    schema["description"] = about.Description;
                    break;
                case DefaultValueAttribute given:
                    schema["default"] = Value(given.Value);
                    break;
                case AllowedValuesAttribute allowed:
                    schema["enum"] = new JsonArray([.. allowed.Values.Select(Value)]);
                    break;
                case FieldRuleAttribute own:
                    own.Describe(schema);
                    break;
            }
        }

        if (AllowsNull(schema) && schema["enum"] is JsonArray values && !values.Contains(null)) values.Add(null);
        return schema;
    }

    private static JsonNode? Value(object? value) => JsonSerializer.SerializeToNode(value, Json.Options);

    private static bool IsAlwaysWritten(JsonPropertyInfo property) =>
        Rules(property).OfType<JsonIgnoreAttribute>().All(ignore => ignore.Condition == JsonIgnoreCondition.Never);

    private static bool AllowsNull(JsonNode schema) =>
        schema["type"] is JsonArray types ? types.Any(type => type!.GetValue<string>() == "null")
        : schema["anyOf"] is JsonArray choices && choices.Any(choice => choice!["type"]?.GetValue<string>() == "null");

    private static JsonObject WithoutNull(JsonObject schema)
    {
        if (schema["type"] is JsonArray types) schema["type"] = types.First(type => type!.GetValue<string>() != "null")!.DeepClone();
        if (schema["enum"] is JsonArray values) values.Remove(null);
        return schema["anyOf"] is JsonArray choices ? (JsonObject)choices[0]!.DeepClone() : schema;
    }

    // A schema that allows everything may be just 'true'.
    private static JsonObject AsObject(JsonNode schema) => schema as JsonObject ?? [];

    private IOpenApiSchema Read(JsonObject schema)
    {
        if (schema["$ref"]?.GetValue<string>() is { } reference)
            return new OpenApiSchemaReference(reference[(reference.LastIndexOf('/') + 1)..], document);
        var read = new OpenApiJsonReader().ReadFragment<OpenApiSchema>(schema, OpenApiSpecVersion.OpenApi3_1, document, out var diagnostic);
        return read is not null && diagnostic.Errors.Count == 0
            ? read
            : throw new InvalidOperationException($"No schema: {schema.ToJsonString()}: {string.Join(", ", diagnostic.Errors)}");
    }
}
