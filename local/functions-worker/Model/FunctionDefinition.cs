using System.Collections.Immutable;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>A function as it was declared.</summary>
public abstract class FunctionDefinition
{
    public abstract ImmutableArray<FunctionParameter> Parameters { get; }

    public abstract string PathToAssembly { get; }

    /// <summary>Full name of the class, a dot, and the method.</summary>
    public abstract string EntryPoint { get; }

    public abstract string Id { get; }

    public abstract string Name { get; }

    /// <summary>The trigger, by the name of its parameter.</summary>
    public abstract IImmutableDictionary<string, BindingMetadata> InputBindings { get; }

    public abstract IImmutableDictionary<string, BindingMetadata> OutputBindings { get; }
}

/// <summary>A parameter of a function's method.</summary>
public class FunctionParameter(string name, Type type)
{
    public string Name { get; } = name;

    public Type Type { get; } = type;
}

/// <summary>A binding of a function, e.g. of the type <c>httpTrigger</c>.</summary>
public abstract class BindingMetadata
{
    public abstract string Name { get; }

    public abstract string Type { get; }

    public abstract BindingDirection Direction { get; }
}

public enum BindingDirection
{
    In = 0,
    Out = 1,
}
