namespace Microsoft.Azure.Functions.Worker;

/// <summary>What the function returned; a middleware may read and replace it after <c>next</c>.</summary>
public abstract class InvocationResult<T>
{
    public abstract T? Value { get; set; }
}

/// <inheritdoc />
public abstract class InvocationResult : InvocationResult<object>;
