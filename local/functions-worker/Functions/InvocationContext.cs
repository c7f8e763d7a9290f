using System.Collections;
using System.Diagnostics;
using Microsoft.Azure.Functions.Worker;

namespace Local.FunctionsWorker;

/// <summary>One invocation.</summary>
internal sealed class InvocationContext : FunctionContext
{
    /// <summary>The key that the real worker uses in <see cref="FunctionContext.Items"/>.</summary>
    public const string HttpContextKey = "HttpRequestContext";

    private readonly InvocationFeatures features = new();

    public InvocationContext(Function function, TriggerEvent cause, IServiceProvider services, CancellationToken cancel)
    {
        Function = function;
        Event = cause;
        InstanceServices = services;
        CancellationToken = cancel;
        BindingContext = new Data(cause.Data);
        features.Set<InvocationResult>(new Result());
    }

    public Function Function { get; }

    public TriggerEvent Event { get; }

    public override string InvocationId { get; } = Guid.NewGuid().ToString();

    public override string FunctionId => Function.Id;

    public override TraceContext TraceContext => new Trace(Event);

    public override BindingContext BindingContext { get; }

    public override RetryContext RetryContext => NoRetries.Instance;

    public override IServiceProvider InstanceServices { get; set; }

    public override FunctionDefinition FunctionDefinition => Function;

    public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

    public override IInvocationFeatures Features => features;

    public override CancellationToken CancellationToken { get; }

    private sealed class Data(IReadOnlyDictionary<string, object?> data) : BindingContext
    {
        public override IReadOnlyDictionary<string, object?> BindingData => data;
    }

    private sealed class Result : InvocationResult
    {
        public override object? Value { get; set; }
    }

    private sealed class Trace(TriggerEvent cause) : TraceContext
    {
        public override string TraceParent => Activity.Current?.Id ?? cause.TraceParent ?? "";

        public override string TraceState => Activity.Current?.TraceStateString ?? cause.TraceState ?? "";
    }

    private sealed class NoRetries : RetryContext
    {
        public static readonly NoRetries Instance = new();

        public override int RetryCount => 0;

        public override int MaxRetryCount => 0;
    }

    private sealed class InvocationFeatures : IInvocationFeatures
    {
        private readonly Dictionary<Type, object> byType = [];

        public T? Get<T>() => byType.TryGetValue(typeof(T), out var feature) ? (T)feature : default;

        public void Set<T>(T instance) => byType[typeof(T)] = instance!;

        public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => byType.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
