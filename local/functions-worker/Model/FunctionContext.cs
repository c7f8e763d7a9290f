namespace Microsoft.Azure.Functions.Worker;

/// <summary>One invocation of a function, as middlewares and functions see it.</summary>
public abstract class FunctionContext
{
    /// <summary>Unique to this invocation; each try of a message is an invocation.</summary>
    public abstract string InvocationId { get; }

    public abstract string FunctionId { get; }

    public abstract TraceContext TraceContext { get; }

    public abstract BindingContext BindingContext { get; }

    public abstract RetryContext RetryContext { get; }

    /// <summary>The services of this invocation's scope.</summary>
    public abstract IServiceProvider InstanceServices { get; set; }

    public abstract FunctionDefinition FunctionDefinition { get; }

    /// <summary>What middlewares and the function leave for each other.</summary>
    public abstract IDictionary<object, object> Items { get; set; }

    public abstract IInvocationFeatures Features { get; }

    /// <summary>Fires when the process stops, the function's time is up, or the client of an HTTP function has gone.</summary>
    public virtual CancellationToken CancellationToken { get; }
}

/// <summary>What the trigger knows besides its payload: route values, parts of a blob's path, facts of a message.</summary>
public abstract class BindingContext
{
    public abstract IReadOnlyDictionary<string, object?> BindingData { get; }
}

/// <summary>The W3C trace context of an invocation.</summary>
public abstract class TraceContext
{
    public abstract string TraceParent { get; }

    public abstract string TraceState { get; }
}

/// <summary>Retries by the host's retry policies, which this host does not have: always zero.</summary>
/// <remarks>The tries of a queue message are in the message.</remarks>
public abstract class RetryContext
{
    public abstract int RetryCount { get; }

    public abstract int MaxRetryCount { get; }
}

/// <summary>Objects by their type, for one invocation.</summary>
public interface IInvocationFeatures : IEnumerable<KeyValuePair<Type, object>>
{
    T? Get<T>();

    void Set<T>(T instance);
}
