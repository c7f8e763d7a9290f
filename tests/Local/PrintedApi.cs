using System.Reflection;

namespace Pipeline.Tests.Local;

/// <summary>Prints what a type shows to strangers, in the form of the lists in <c>azure-api/</c>.</summary>
/// <remarks>
/// A type is its namespace, kind, base and interfaces; its members are a line each. Left out, as in the lists: operators, attributes,
/// nullability of references, generic constraints, and accessors that are not public.
/// </remarks>
internal static class PrintedApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static ApiType Of(Type type) => new(
        $"{type.Namespace}: {PrintedType.Name(type)}",
        Kind(type),
        type is { IsClass: true, BaseType: { } parent } && parent != typeof(object) && !IsDelegate(type) ? PrintedType.Name(parent) : null,
        type.IsEnum ? [] : [.. type.GetInterfaces().Where(IsSeen).Select(PrintedType.Name)],
        type.IsEnum ? EnumValues(type) : Members(type));

    /// <summary>The line of a member; null if strangers do not see it.</summary>
    public static string? Line(MemberInfo member) => member switch
    {
        ConstructorInfo constructor => Constructor(constructor),
        PropertyInfo property => Property(property),
        FieldInfo field => Field(field),
        EventInfo raised => Event(raised),
        MethodInfo method => Method(method),
        _ => null,
    };

    private static string Kind(Type type) => type switch
    {
        { IsInterface: true } => "interface",
        { IsEnum: true } => "enum",
        { IsValueType: true } => "struct",
        _ when IsDelegate(type) => "delegate",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string[] EnumValues(Type type) =>
        [.. Enum.GetNames(type).Zip(type.GetEnumValuesAsUnderlyingType().Cast<object>(), (name, value) => $"{name}={value}")];

    private static string[] Members(Type type) =>
    [
        .. type.GetConstructors(Declared).Where(constructor => !constructor.IsStatic && IsSeen(constructor)).Select(Constructor),
        .. type.GetProperties(Declared).Select(Property).OfType<string>(),
        .. type.GetFields(Declared).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly).Select(Field),
        .. type.GetEvents(Declared).Where(member => IsSeen(member.AddMethod!)).Select(Event),
        .. type.GetMethods(Declared).Where(method => IsSeen(method) && !method.IsSpecialName && !IsOverride(method)).Select(Method),
    ];

    private static string Constructor(ConstructorInfo constructor) => $"{Protected(constructor)}ctor({Parameters(constructor)})";

    private static string Event(EventInfo member) => $"event {PrintedType.Name(member.EventHandlerType!)} {member.Name}";

    private static string? Property(PropertyInfo property)
    {
        var seen = property.GetAccessors(nonPublic: true).Where(IsSeen).ToList();
        if (seen.Count == 0 || IsOverride(seen[0])) return null;
        var accessor = seen[0];
        var isPublic = seen.Exists(method => method.IsPublic);
        var accessors = (Shown(property.GetMethod) ? "get; " : "") + (Shown(property.SetMethod) ? "set; " : "");
        var index = property.GetIndexParameters();
        var name = index.Length > 0 ? $"this[{Parameters(index)}]" : property.Name;
        return $"{(isPublic ? "" : "protected ")}{Modifier(accessor)}{PrintedType.Name(property.PropertyType)} {name} {{ {accessors}}}";

        bool Shown(MethodInfo? method) => method is not null && (isPublic ? method.IsPublic : IsSeen(method));
    }

    private static string Field(FieldInfo field) =>
        $"{(field.IsPublic ? "" : "protected ")}{(field.IsStatic ? "static " : "")}{PrintedType.Name(field.FieldType)} {field.Name}";

    private static string Method(MethodInfo method)
    {
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(PrintedType.Name))}>" : "";
        return $"{Protected(method)}{Modifier(method)}{PrintedType.Name(method.ReturnType)} {method.Name}{generic}({Parameters(method)})";
    }

    private static string Modifier(MethodBase method) => method switch
    {
        { DeclaringType.IsInterface: true } => method.IsStatic ? "static " : "",
        { IsStatic: true } => "static ",
        { IsAbstract: true } => "abstract ",
        { IsVirtual: true, IsFinal: false } => "virtual ",
        _ => "",
    };

    private static string Parameters(MethodBase method) => Parameters(method.GetParameters());

    private static string Parameters(ParameterInfo[] parameters) => string.Join(", ", parameters.Select(parameter =>
        (parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")
        + $"{PrintedType.Name(parameter.ParameterType)} {parameter.Name}"
        + (parameter.HasDefaultValue ? $" = {Default(parameter.RawDefaultValue)}" : "")));

    private static string Default(object? value) => value switch
    {
        null or Missing => "default",
        string text => $"\"{text}\"",
        _ => $"{value}",
    };

    private static string Protected(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsSeen(Type type) => type.IsVisible;

    /// <summary>An override adds nothing that a caller could not call before.</summary>
    private static bool IsOverride(MethodInfo method) => method.GetBaseDefinition() != method;

    private static bool IsDelegate(Type type) => type.IsSubclassOf(typeof(Delegate));
}
