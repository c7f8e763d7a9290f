using Local.FunctionsWorker;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker;

public static class FunctionContextExtensions
{
    /// <summary>The request and response of an HTTP function's invocation.</summary>
    /// <returns>Null for an invocation by another trigger.</returns>
    public static HttpContext? GetHttpContext(this FunctionContext context) =>
        context.Items.TryGetValue(InvocationContext.HttpContextKey, out var value) ? value as HttpContext : null;
}

public static class FunctionContextBindingFeatureExtensions
{
    /// <summary>What the function returned; empty before it ran.</summary>
    public static InvocationResult GetInvocationResult(this FunctionContext context) =>
        context.Features.Get<InvocationResult>() ?? throw new InvalidOperationException("The context is not an invocation of this host.");
}

public static class FunctionContextLoggerExtensions
{
    public static ILogger<T> GetLogger<T>(this FunctionContext context) => context.InstanceServices.GetRequiredService<ILogger<T>>();

    public static ILogger GetLogger(this FunctionContext context, string categoryName) =>
        context.InstanceServices.GetRequiredService<ILoggerFactory>().CreateLogger(categoryName);
}
