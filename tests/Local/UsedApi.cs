using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Pipeline.Tests.Local;

/// <summary>What a compiled assembly uses of others: each type and each member, as the lists in <c>azure-api/</c> have them.</summary>
/// <param name="Type">Namespace, colon, name.</param>
/// <param name="Member">
/// Its line, of a property only with the accessor that is used; null for the type itself. A value of an enum only where an attribute has
/// it: elsewhere the compiler leaves a number.
/// </param>
internal sealed record UsedApi(string Type, string? Member)
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>What an assembly uses of some others, by their names.</summary>
    public static IReadOnlyList<UsedApi> Of(Assembly user, IReadOnlyCollection<string> others)
    {
        using var file = new PEReader(File.OpenRead(user.Location));
        var reader = file.GetMetadataReader();
        var values = new AttributeValues(user.ManifestModule);
        var members = Referenced(reader, user.ManifestModule, IsOthers).Concat(Overridden(user)).ToList();
        foreach (var handle in reader.CustomAttributes)
        {
            // An attribute of the assembly's own has none of these members; one of elsewhere is left out below, by its assembly.
            if (reader.GetCustomAttribute(handle) is { Constructor.Kind: HandleKind.MemberReference } attribute)
                members.AddRange(values.UsedBy(attribute));
        }

        var types = reader.TypeReferences.Select(handle => user.ManifestModule.ResolveType(MetadataTokens.GetToken(handle)))
            .Concat(members.Select(member => member.DeclaringType!));
        return
        [
            .. types.Where(IsOthers).Select(type => new UsedApi(NameOf(type), null))
                .Concat(members.Where(member => IsOthers(member.DeclaringType!)).Select(Of).OfType<UsedApi>())
                .Distinct().OrderBy(used => $"{used.Type} {used.Member}", StringComparer.Ordinal),
        ];

        bool IsOthers(Type type) => others.Contains(type.Assembly.GetName().Name);
    }

    /// <summary>Whether the lists show it.</summary>
    public bool IsIn(IReadOnlyDictionary<string, ApiType> listed)
    {
        if (!listed.TryGetValue(Type, out var type)) return false;
        return Member is null || type.Has(Member) || (Member.EndsWith('}') && type.Members.Any(IsWiderProperty));
    }

    public override string ToString() => Member is null ? Type : $"{Type} has {Member}";

    /// <summary>Whether a line has the accessor of this one, and perhaps the other.</summary>
    private bool IsWiderProperty(string line)
    {
        var accessors = Member!.LastIndexOf('{');
        return line.StartsWith(Member[..accessors], StringComparison.Ordinal)
            && line[accessors..].Contains(Member[(accessors + 1)..^1], StringComparison.Ordinal);
    }

    private static string NameOf(Type type) => PrintedApi.Of(type.IsGenericType ? type.GetGenericTypeDefinition() : type).Name;

    private static UsedApi? Of(MemberInfo member)
    {
        // An override is its base's method, which may be of elsewhere: it has no line.
        if (member is MethodInfo method && method.GetBaseDefinition() != method) member = method.GetBaseDefinition();
        var type = member.DeclaringType!;
        var line = type.IsEnum ? $"{member.Name}={((FieldInfo)member).GetRawConstantValue()}" : LineOf(member, type);
        return new UsedApi(NameOf(type), line);
    }

    private static string? LineOf(MemberInfo member, Type type)
    {
        var property = type.GetProperties(Declared).FirstOrDefault(property => property.GetAccessors(nonPublic: true).Contains(member));
        if (property is not null)
        {
            var line = PrintedApi.Line(property);
            var accessor = member == property.GetMethod ? "get" : "set";
            return line is null ? null : $"{line[..line.LastIndexOf('{')]}{{ {accessor}; }}";
        }

        var raised = type.GetEvents(Declared).FirstOrDefault(raised => raised.AddMethod == member || raised.RemoveMethod == member);
        return PrintedApi.Line(raised ?? member);
    }

    private static IEnumerable<MemberInfo> Referenced(MetadataReader reader, Module module, Func<Type, bool> isOthers)
    {
        foreach (var handle in reader.MemberReferences)
        {
            // Of a generic type, what its definition has: what it is made with here does not matter.
            var parent = reader.GetMemberReference(handle).Parent;
            if (parent.Kind == HandleKind.TypeReference) yield return module.ResolveMember(MetadataTokens.GetToken(handle))!;
            else if (GenericType(parent) is { } type && isOthers(type)) yield return InDefinition(type, MetadataTokens.GetToken(handle));
        }

        Type? GenericType(EntityHandle parent)
        {
            if (parent.Kind != HandleKind.TypeSpecification) return null;
            var signature = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
            if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance) return null;
            _ = signature.ReadCompressedInteger();
            return module.ResolveType(MetadataTokens.GetToken(signature.ReadTypeHandle()));
        }

        MemberInfo InDefinition(Type type, int token)
        {
            var anything = Enumerable.Repeat(typeof(object), 8).ToArray();
            var member = module.ResolveMember(token, anything, anything)!;
            return type.GetMembers(Declared).First(same => same.MetadataToken == member.MetadataToken);
        }
    }

    /// <summary>What it overrides: no reference tells of that.</summary>
    private static IEnumerable<MemberInfo> Overridden(Assembly user) =>
        from type in user.GetTypes()
        from method in type.GetMethods(Declared)
        let definition = method.GetBaseDefinition()
        where definition.Module != method.Module
        select definition;
}
