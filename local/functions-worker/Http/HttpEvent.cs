using Microsoft.AspNetCore.Http;

namespace Local.FunctionsWorker;

/// <summary>A request to an HTTP function.</summary>
internal sealed class HttpEvent(HttpRequest request) : TriggerEvent
{
    public HttpRequest Request => request;

    /// <summary>The query, and over it the route.</summary>
    public override IReadOnlyDictionary<string, object?> Data { get; } = DataOf(request);

    public override string ToString() => $"{request.Method} {request.Path}";

    public override string? TraceParent => request.Headers.TraceParent;

    public override string? TraceState => request.Headers.TraceState;

    public override ValueTask<object?> Bind(Type type, InvocationContext context) => new(request);

    private static Dictionary<string, object?> DataOf(HttpRequest request)
    {
        var data = request.Query.ToDictionary(pair => pair.Key, pair => (object?)pair.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in request.RouteValues) data[name] = value;
        return data;
    }
}
