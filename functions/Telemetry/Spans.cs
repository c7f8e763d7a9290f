using System.Diagnostics;

namespace Pipeline.Telemetry;

/// <summary>
/// The spans that the app itself makes, by OpenTelemetry's conventions for messages and HTTP clients. The host makes one for each
/// invocation of a function. No span has an account, a prompt, or more of an address than its host.
/// </summary>
/// <remarks>See https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/ and …/http/http-spans/.</remarks>
internal static class Spans
{
    public const string Source = "Pipeline";

    private const string System = "azure_queue_storage";

    private static readonly ActivitySource source = new(Source);

    /// <summary>Where the caller is in its trace, as W3C's <c>traceparent</c>; null if nothing is traced.</summary>
    public static string? Here => Activity.Current is { IdFormat: ActivityIdFormat.W3C } current ? current.Id : null;

    /// <summary>A message on its way to a queue.</summary>
    /// <param name="queue">Where to.</param>
    /// <param name="trace">
    /// The trace that it belongs to, as <c>traceparent</c>; null begins a new one, so that the thousands of jobs of a manifest are not
    /// one. Whoever sends it from within another trace is linked.
    /// </param>
    public static Activity? Send(string queue, string? trace) => Messaging(ActivityKind.Producer, "send", queue, trace);

    /// <summary>
    /// The work on a message that was received, in the trace of who sent it; the host's invocation of the function is linked.
    /// </summary>
    public static Activity? Process(string queue, string? trace) => Messaging(ActivityKind.Consumer, "process", queue, trace ?? Here);

    /// <summary>A request to another service.</summary>
    /// <param name="what">In a few words, the same for all of its kind.</param>
    /// <param name="url">Whose host is noted, and nothing else of it: the rest may be secret.</param>
    public static Activity? Call(string what, Uri url)
    {
        var span = source.StartActivity(what, ActivityKind.Client);
        span?.SetTag("http.request.method", "POST").SetTag("server.address", url.Host).SetTag("server.port", url.Port);
        return span;
    }

    /// <summary>How a request ended.</summary>
    /// <param name="span">Of the request.</param>
    /// <param name="status">What was answered, or null.</param>
    /// <param name="fault">In a word what is wrong, or null if nothing is.</param>
    public static void Ended(this Activity? span, int? status, string? fault)
    {
        if (status is not null) span?.SetTag("http.response.status_code", status);
        if (fault is null) return;
        span?.SetTag("error.type", fault);
        span?.SetStatus(ActivityStatusCode.Error);
    }

    private static Activity? Messaging(ActivityKind kind, string operation, string queue, string? trace)
    {
        var outer = Activity.Current;
        var isIts = ActivityContext.TryParse(trace, null, isRemote: true, out var parent);
        // Within its own trace it hangs below what is being done.
        if (isIts && outer?.TraceId == parent.TraceId) parent = outer.Context;
        IEnumerable<ActivityLink> links = outer is null || outer.TraceId == parent.TraceId ? [] : [new(outer.Context)];
        // Without a parent, a span would hang below the current one.
        if (!isIts) Activity.Current = null;
        var span = source.StartActivity($"{operation} {queue}", kind, parent, links: links);
        if (span is null) Activity.Current = outer;
        span?.SetTag("messaging.system", System)
            .SetTag("messaging.operation.type", operation)
            .SetTag("messaging.operation.name", operation)
            .SetTag("messaging.destination.name", queue);
        return span;
    }
}
