using Microsoft.AspNetCore.Http;

namespace Local.FunctionsWorker;

/// <summary>A request to an HTTP function.</summary>
internal sealed class HttpEvent(HttpRequest request) : TriggerEvent
{
    public HttpRequest Request => request;

    public override IReadOnlyDictionary<string, object?> Data => request.RouteValues;

    public override string ToString() => $"{request.Method} {request.Path}";

    public override string? TraceParent => request.Headers.TraceParent;

    public override string? TraceState => request.Headers.TraceState;

    public override ValueTask<object?> Bind(Type type, InvocationContext context) => new(request);
}
