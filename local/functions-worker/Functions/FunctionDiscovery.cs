using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
using Microsoft.Extensions.Configuration;

namespace Local.FunctionsWorker;

/// <summary>Finds the functions of the app and refuses what the real host would refuse, or silently leave out.</summary>
internal static partial class FunctionDiscovery
{
    private const BindingFlags AnyMethod =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static IReadOnlyList<Function> Find(IEnumerable<Type> types, IConfiguration settings)
    {
        var functions = new List<Function>();
        foreach (var method in types.SelectMany(type => type.GetMethods(AnyMethod)))
        {
            if (method.GetCustomAttribute<FunctionAttribute>() is { } attribute) functions.Add(Read(attribute.Name, method, settings));
        }

        var twice = functions
            .GroupBy(function => function.Name, StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new RefusedException(
                $"Function '{twice.Key}' is declared more than once: {string.Join(", ", twice.Select(function => function.EntryPoint))}.");
        }

        HttpRoute.CheckDistinct(functions);
        return functions;
    }

    private static Function Read(string name, MethodInfo method, IConfiguration settings)
    {
        if (!ValidName().IsMatch(name) || name.Equals("host", StringComparison.OrdinalIgnoreCase))
        {
            throw RefusedException.Of(
                name, $"a name is a letter, then up to 127 letters, digits, _ and -, and not 'host'.");
        }

        if (!method.IsPublic || method.DeclaringType is not { IsAbstract: false } && !method.IsStatic || method.ContainsGenericParameters)
            throw RefusedException.Of(name, $"{method.DeclaringType}.{method.Name} must be a public method of a class that can be made.");
        if (method.ReturnType == typeof(void) && method.GetCustomAttribute<AsyncStateMachineAttribute>() is not null)
            throw RefusedException.Of(name, $"async void cannot be awaited, return Task.");

        var triggers = method.GetParameters()
            .Where(parameter => parameter.GetCustomAttribute<TriggerBindingAttribute>() is not null)
            .ToList();
        if (triggers.Count != 1) throw RefusedException.Of(name, $"exactly one parameter must have a trigger, {triggers.Count} have.");
        var trigger = Read(name, triggers[0].GetCustomAttribute<TriggerBindingAttribute>()!, settings);
        return new Function(name, method, triggers[0], trigger);
    }

    private static Trigger Read(string name, TriggerBindingAttribute attribute, IConfiguration settings) => attribute switch
    {
        HttpTriggerAttribute http => HttpRoute.From(name, http),
        QueueTriggerAttribute queue => QueueName.From(name, queue, settings),
        BlobTriggerAttribute blob => BlobPattern.From(name, blob, settings),
        TimerTriggerAttribute timer => TimerSchedule.From(name, timer, settings),
        _ => throw RefusedException.Of(name, $"{attribute.GetType().Name} is not a trigger of the local host."),
    };

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,127}$")]
    private static partial Regex ValidName();
}
