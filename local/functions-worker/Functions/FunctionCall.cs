using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Converters;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Local.FunctionsWorker;

/// <summary>The call of a function's method: the source of each argument is decided at start, the values at each invocation.</summary>
internal sealed class FunctionCall
{
    private delegate ValueTask<object?> ArgumentSource(InvocationContext context);

    private readonly MethodInfo method;
    private readonly ArgumentSource[] sources;
    private readonly ObjectFactory? create;

    public FunctionCall(string function, MethodInfo method, ParameterInfo triggerParameter, Trigger trigger)
    {
        this.method = method;
        sources = [.. method.GetParameters().Select(parameter => Source(function, parameter, triggerParameter, trigger))];
        create = method.IsStatic ? null : Factory(function, method.DeclaringType!);
    }

    /// <returns>What the method returned or its task resulted in; null for none.</returns>
    public async Task<object?> Run(InvocationContext context)
    {
        var arguments = new object?[sources.Length];
        for (var i = 0; i < sources.Length; i++) arguments[i] = await sources[i](context);
        var instance = create?.Invoke(context.InstanceServices, []);
        var returned = method.Invoke(instance, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null);
        return await Awaited(returned, method.ReturnType);
    }

    private static async ValueTask<object?> Awaited(object? returned, Type declared)
    {
        switch (returned)
        {
            case Task task:
                await task;
                return declared.IsGenericType ? declared.GetProperty(nameof(Task<>.Result))!.GetValue(task) : null;
            case ValueTask task:
                await task;
                return null;
            case not null when declared.IsGenericType && declared.GetGenericTypeDefinition() == typeof(ValueTask<>):
                var converted = declared.GetMethod(nameof(ValueTask<>.AsTask))!;
                return await Awaited(converted.Invoke(returned, null), converted.ReturnType);
            default:
                return returned;
        }
    }

    private static ArgumentSource Source(string function, ParameterInfo parameter, ParameterInfo triggerParameter, Trigger trigger)
    {
        var type = parameter.ParameterType;
        if (parameter == triggerParameter)
        {
            if (!trigger.CanBind(type)) throw RefusedException.Of(function, $"{trigger.Type} cannot fill a parameter of the type {type}.");
            return context => context.Event.Bind(type, context);
        }

        if (type == typeof(FunctionContext)) return context => new(context);
        if (type == typeof(CancellationToken)) return context => Token(context, parameter);
        if (trigger.DataNames.Contains(parameter.Name!, StringComparer.OrdinalIgnoreCase))
            return context => new(DataValue.Convert(context.Event.Data.GetValueOrDefault(parameter.Name!), parameter));
        if (parameter.HasDefaultValue) return _ => new(parameter.DefaultValue);
        throw RefusedException.Of(
            function, $"nothing fills the parameter '{parameter.Name}'; the trigger offers {string.Join(", ", trigger.DataNames)}.");
    }

    /// <summary>
    /// The invocation's; but as in the real worker, what the trigger knows by the parameter's name goes before, and fits only if a
    /// converter of the app makes it fit.
    /// </summary>
    private static async ValueTask<object?> Token(InvocationContext context, ParameterInfo parameter)
    {
        if (!context.Event.Data.TryGetValue(parameter.Name!, out var known)) return context.CancellationToken;
        var conversion = new Conversion(parameter.ParameterType, known, context);
        foreach (var type in context.InstanceServices.GetRequiredService<IOptions<WorkerOptions>>().Value.InputConverters)
        {
            var converter = (IInputConverter)ActivatorUtilities.CreateInstance(context.InstanceServices, type);
            var result = await converter.ConvertAsync(conversion);
            if (result.Status == ConversionStatus.Succeeded) return result.Value;
            if (result.Status == ConversionStatus.Failed) throw result.Error!;
        }

        throw new FormatException($"The value of '{parameter.Name}' is no {parameter.ParameterType.Name}.");
    }

    private sealed class Conversion(Type type, object? source, FunctionContext context) : ConverterContext
    {
        public override Type TargetType => type;

        public override object? Source => source;

        public override FunctionContext FunctionContext => context;
    }

    private static ObjectFactory Factory(string function, Type type)
    {
        try
        {
            return ActivatorUtilities.CreateFactory(type, Type.EmptyTypes);
        }
        catch (InvalidOperationException e)
        {
            throw RefusedException.Of(function, $"{e.Message}", e);
        }
    }
}
