namespace Local.FunctionsWorker;

/// <summary>What runs a function, as declared, with its expressions resolved.</summary>
/// <param name="Type">The binding's type on the real host, e.g. <c>queueTrigger</c>.</param>
internal abstract record Trigger(string Type)
{
    /// <summary>The names that a parameter may have to get a value from the trigger, besides the trigger's own parameter.</summary>
    public abstract IReadOnlyCollection<string> DataNames { get; }

    /// <summary>Whether the trigger's parameter may have the type.</summary>
    public abstract bool CanBind(Type type);

    /// <summary>For the list of functions that is printed at start.</summary>
    public abstract string Describe(string address, string routePrefix);
}

/// <summary>What happened, once: the payload and what is known besides it.</summary>
internal abstract class TriggerEvent
{
    public abstract IReadOnlyDictionary<string, object?> Data { get; }

    /// <summary>Why the function runs, for the log; never the payload.</summary>
    public abstract override string ToString();

    /// <summary>The W3C <c>traceparent</c> of who caused the event.</summary>
    public virtual string? TraceParent => null;

    public virtual string? TraceState => null;

    /// <summary>The payload as the type of the trigger's parameter.</summary>
    public abstract ValueTask<object?> Bind(Type type, InvocationContext context);
}
