using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;

namespace Local.FunctionsWorker;

/// <summary>A function of the app: its method, its trigger, and how each parameter gets its value.</summary>
internal sealed class Function(string name, MethodInfo method, ParameterInfo triggerParameter, Trigger trigger) : FunctionDefinition
{
    private readonly FunctionCall call = new(name, method, triggerParameter, trigger);

    public override string Name => name;

    public Trigger Trigger => trigger;

    /// <summary>Names this function in leases and receipts; stable as long as its name is.</summary>
    public override string Id => $"Host.Functions.{name}";

    public override string EntryPoint => $"{method.DeclaringType!.FullName}.{method.Name}";

    public override string PathToAssembly => method.DeclaringType!.Assembly.Location;

    public override ImmutableArray<FunctionParameter> Parameters { get; } =
        [.. method.GetParameters().Select(parameter => new FunctionParameter(parameter.Name!, parameter.ParameterType))];

    public override IImmutableDictionary<string, BindingMetadata> InputBindings { get; } =
        ImmutableDictionary.Create<string, BindingMetadata>()
            .Add(triggerParameter.Name!, new TriggerMetadata(triggerParameter.Name!, trigger.Type));

    public override IImmutableDictionary<string, BindingMetadata> OutputBindings => ImmutableDictionary<string, BindingMetadata>.Empty;

    /// <summary>Binds the parameters and runs the method of a new instance of its class.</summary>
    public Task<object?> Call(InvocationContext context) => call.Run(context);

    private sealed class TriggerMetadata(string name, string type) : BindingMetadata
    {
        public override string Name => name;

        public override string Type => type;

        public override BindingDirection Direction => BindingDirection.In;
    }
}
