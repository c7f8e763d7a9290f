using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>How an invocation ended.</summary>
internal abstract record Outcome
{
    public sealed record Succeeded : Outcome;

    public sealed record Failed(Exception Exception) : Outcome;
}

/// <summary>Runs the pipeline for an event, with its id, trace and log scope; an exception ends here, as an outcome.</summary>
internal sealed partial class Invoker(
    InvocationPipeline pipeline, HostJson hostJson, HostLife life, HostSetup setup, ILoggerFactory loggers)
{
    /// <summary>The source of one span per invocation; it has the name of the real worker's, so that a listener fits both.</summary>
    public const string SpanSource = "Microsoft.Azure.Functions.Worker";

    private static readonly ActivitySource Spans = new(SpanSource);

    /// <param name="function">What to run.</param>
    /// <param name="cause">The event.</param>
    /// <param name="services">The scope of the invocation; the caller disposes of it.</param>
    /// <param name="complete">What is done with the context once the pipeline has run, e.g. writing the response.</param>
    /// <param name="cancel">Fires when nobody waits for the invocation any more.</param>
    public async Task<Outcome> Invoke(
        Function function, TriggerEvent cause, IServiceProvider services, Func<InvocationContext, Task> complete, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(hostJson.FunctionTimeout ?? Timeout.InfiniteTimeSpan, setup.Clock);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, life.Stopping, cancel);
        var context = new InvocationContext(function, cause, services, ends.Token);
        using var span = StartSpan(function, cause, context.InvocationId);
        var logger = loggers.CreateLogger($"Function.{function.Name}");
        using var scope = logger.BeginScope(
            new Dictionary<string, object> { ["InvocationId"] = context.InvocationId, ["Function"] = function.Name });
        var started = setup.Clock.GetTimestamp();
        Log.Executing(logger, function.Name, cause, context.InvocationId);
        try
        {
            if (cause is HttpEvent http) context.Items[InvocationContext.HttpContextKey] = http.Request.HttpContext;
            await pipeline.Run(context);
            await complete(context);
            var milliseconds = setup.Clock.GetElapsedTime(started).TotalMilliseconds;
            Log.Executed(logger, function.Name, context.InvocationId, milliseconds);
            return new Outcome.Succeeded();
        }
        catch (Exception e)
        {
            // The boundary of the app's code: whatever it throws fails this invocation and nothing else.
            span?.SetStatus(ActivityStatusCode.Error, e.GetType().FullName);
            Report(logger, context, e, setup.Clock.GetElapsedTime(started).TotalMilliseconds, cancel, timeout.Token);
            return new Outcome.Failed(e);
        }
    }

    private static void Report(
        ILogger logger, InvocationContext context, Exception e, double milliseconds, CancellationToken cancel, CancellationToken timeout)
    {
        var why = timeout.IsCancellationRequested ? "out of time (functionTimeout)"
            : cancel.IsCancellationRequested ? "the client is gone"
            : "the host stops";
        if (e is OperationCanceledException && context.CancellationToken.IsCancellationRequested)
            Log.Canceled(logger, context.Function.Name, why, context.InvocationId, milliseconds);
        else
            Log.Failed(logger, e, context.Function.Name, context.InvocationId, milliseconds);
    }

    private static Activity? StartSpan(Function function, TriggerEvent cause, string invocationId)
    {
        // The web server has an activity of its own for each request, that nothing records; below it, nothing would be.
        if (!ActivityContext.TryParse(cause.TraceParent, cause.TraceState, isRemote: true, out var parent)) Activity.Current = null;
        var span = Spans.StartActivity($"function {function.Name}", ActivityKind.Server, parent);
        span?.SetTag("faas.name", function.Name);
        span?.SetTag("faas.invocation_id", invocationId);
        return span;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Executing {Function} ({Cause}, Id={InvocationId})")]
        public static partial void Executing(ILogger logger, string function, TriggerEvent cause, string invocationId);

        [LoggerMessage(LogLevel.Information, "Executed {Function} (Succeeded, Id={InvocationId}, Duration={Duration:0}ms)")]
        public static partial void Executed(ILogger logger, string function, string invocationId, double duration);

        [LoggerMessage(LogLevel.Error, "Executed {Function} (Failed, Id={InvocationId}, Duration={Duration:0}ms)")]
        public static partial void Failed(ILogger logger, Exception e, string function, string invocationId, double duration);

        [LoggerMessage(LogLevel.Warning, "Executed {Function} (Canceled: {Why}, Id={InvocationId}, Duration={Duration:0}ms)")]
        public static partial void Canceled(ILogger logger, string function, string why, string invocationId, double duration);
    }
}
