using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Pipeline.Tests.Functions;

/// <summary>A function as the host finds it: a name, what runs it, and the method.</summary>
internal sealed record AppFunction(string Name, TriggerBindingAttribute Trigger, MethodInfo Run)
{
    private const BindingFlags AnyMethod =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The app's, by their names: the order in which the host tries their routes.</summary>
    public static IReadOnlyList<AppFunction> All { get; } = Of(typeof(Settings).Assembly.GetTypes());

    public static IReadOnlyList<AppFunction> Of(IEnumerable<Type> types) =>
    [
        .. from type in types
           from run in type.GetMethods(AnyMethod)
           let name = run.GetCustomAttribute<FunctionAttribute>()?.Name
           where name is not null
           orderby name.ToUpperInvariant(), name
           select new AppFunction(name, TriggerOf(run), run),
    ];

    /// <summary>Its methods in upper case; one named any for all.</summary>
    public static IEnumerable<string> MethodsOf(HttpTriggerAttribute trigger) =>
        trigger.Methods is { Length: > 0 } methods ? methods.Select(method => method.ToUpperInvariant()) : ["any"];

    private static TriggerBindingAttribute TriggerOf(MethodInfo run) =>
        run.GetParameters().Select(parameter => parameter.GetCustomAttribute<TriggerBindingAttribute>()).OfType<TriggerBindingAttribute>()
            .Single();
}
