using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using Pipeline.Storage;

namespace Pipeline.Http;

/// <summary>Turns what leaves an HTTP function as an exception into a problem, without details that are not the caller's.</summary>
/// <remarks>Exceptions of queue, blob and timer functions go on to the host, which delivers the message again.</remarks>
public sealed partial class ProblemMiddleware(ILogger<ProblemMiddleware> logger) : IFunctionsWorkerMiddleware
{
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        var http = context.GetHttpContext();
        if (http is null)
        {
            await next(context);
            return;
        }

        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            Log.ClientLeft(logger, context.FunctionDefinition.Name);
        }
        catch (RefusedException e)
        {
            await NanoBananaError.For(http, e.Problem).ExecuteAsync(http);
        }
        // The boundary of HTTP: whatever happened, the caller gets a problem and the log gets the exception.
        catch (Exception e)
        {
            var problem = e is StorageBusyException || StorageFault.IsUnknownOutcome(e)
                ? Problems.StorageUnavailable()
                : Problems.InternalError();
            Log.Failed(logger, context.FunctionDefinition.Name, Json.Name(problem.Code), e);
            if (http.Response.HasStarted) throw;
            http.Response.Clear();
            await NanoBananaError.For(http, problem).ExecuteAsync(http);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Function}: the client left before the answer.")]
        public static partial void ClientLeft(ILogger logger, string function);

        [LoggerMessage(2, LogLevel.Error, "{Function} failed, answered {Code}.")]
        public static partial void Failed(ILogger logger, string function, string code, Exception e);
    }
}
