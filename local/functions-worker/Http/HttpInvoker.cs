using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>Answers a request with what its function returns.</summary>
internal sealed partial class HttpInvoker(Invoker invoker, AccessKeys keys, ILogger<HttpInvoker> logger)
{
    public async Task Answer(Function function, HttpContext http)
    {
        if (!keys.Allow(http.Request, ((HttpRoute)function.Trigger).Level))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        // The request's scope is the invocation's: it lives until the last byte of the response is written.
        var outcome = await invoker.Invoke(function, new HttpEvent(http.Request), http.RequestServices, Respond, http.RequestAborted);
        if (outcome is Outcome.Failed failed) Fail(http, failed.Exception);
    }

    /// <summary>Runs after the middlewares, as the real worker does, so that none of them sees the result fail.</summary>
    private async Task Respond(InvocationContext context)
    {
        var http = context.GetHttpContext()!;
        switch (context.GetInvocationResult().Value)
        {
            case IResult result:
                await result.ExecuteAsync(http);
                break;
            case IActionResult result:
                await result.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), new ActionDescriptor()));
                break;
            case not null:
                Log.NotAResult(logger, context.Function.Name);
                break;
        }
    }

    private static void Fail(HttpContext http, Exception e)
    {
        if (http.RequestAborted.IsCancellationRequested) return;
        if (http.Response.HasStarted)
        {
            // Half an answer must not look like a whole one.
            http.Abort();
            return;
        }

        http.Response.Clear();
        http.Response.StatusCode = e is BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }
            ? StatusCodes.Status413PayloadTooLarge
            : StatusCodes.Status500InternalServerError;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning,
            "{Function} returned neither IResult nor IActionResult; the response is empty, as on the real host.")]
        public static partial void NotAResult(ILogger logger, string function);
    }
}
