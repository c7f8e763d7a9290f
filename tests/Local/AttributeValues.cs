using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Pipeline.Tests.Local;

/// <summary>Reads what attributes are given: the properties by their names, and values of enums.</summary>
internal sealed class AttributeValues(Module module) : ICustomAttributeTypeProvider<Type>
{
    public IEnumerable<MemberInfo> UsedBy(CustomAttribute attribute)
    {
        var type = module.ResolveMember(MetadataTokens.GetToken(attribute.Constructor))!.DeclaringType!;
        var given = attribute.DecodeValue(this);
        foreach (var named in given.NamedArguments)
        {
            if (named.Kind == CustomAttributeNamedArgumentKind.Field) yield return type.GetField(named.Name!)!;
            else yield return type.GetProperty(named.Name!)!.SetMethod!;
        }

        var values = given.FixedArguments.Select(value => (value.Type, value.Value))
            .Concat(given.NamedArguments.Select(value => (value.Type, value.Value)));
        foreach (var (valueType, value) in values.Where(value => value.Type.IsEnum && value.Value is not null))
        {
            if (Enum.GetName(valueType, value!) is { } name) yield return valueType.GetField(name)!;
        }
    }

    public Type GetPrimitiveType(PrimitiveTypeCode typeCode) => Type.GetType($"System.{typeCode}")!;

    public Type GetSystemType() => typeof(Type);

    public Type GetSZArrayType(Type elementType) => elementType.MakeArrayType();

    public Type GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        module.ResolveType(MetadataTokens.GetToken(handle));

    public Type GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        module.ResolveType(MetadataTokens.GetToken(handle));

    public Type GetTypeFromSerializedName(string name) =>
        module.Assembly.GetType(name) ?? Type.GetType(name, throwOnError: true)!;

    public PrimitiveTypeCode GetUnderlyingEnumType(Type type) =>
        Enum.Parse<PrimitiveTypeCode>(Enum.GetUnderlyingType(type).Name);

    public bool IsSystemType(Type type) => type == typeof(Type);
}
