using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.Azure.Functions.Worker.Middleware
{
    /// <summary>The rest of the pipeline, at whose end the function runs.</summary>
    public delegate Task FunctionExecutionDelegate(FunctionContext context);

    /// <summary>Runs around every invocation of every trigger, in the order of registration. One instance serves all.</summary>
    public interface IFunctionsWorkerMiddleware
    {
        Task Invoke(FunctionContext context, FunctionExecutionDelegate next);
    }
}

namespace Microsoft.Azure.Functions.Worker
{
    /// <summary>What extensions of the worker configure: services and the pipeline of middlewares.</summary>
    public interface IFunctionsWorkerApplicationBuilder
    {
        IServiceCollection Services { get; }

        IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware);
    }
}

namespace Microsoft.Extensions.Hosting
{
    public static class MiddlewareWorkerApplicationBuilderExtensions
    {
        /// <summary>Adds a middleware, made once with the app's services.</summary>
        public static IFunctionsWorkerApplicationBuilder UseMiddleware<T>(this IFunctionsWorkerApplicationBuilder builder)
            where T : class, IFunctionsWorkerMiddleware
        {
            builder.Services.AddSingleton<T>();
            return builder.Use(next => context => context.InstanceServices.GetRequiredService<T>().Invoke(context, next));
        }

        public static IFunctionsWorkerApplicationBuilder UseMiddleware(
            this IFunctionsWorkerApplicationBuilder builder, Func<FunctionContext, Func<Task>, Task> middleware) =>
            builder.Use(next => context => middleware(context, () => next(context)));

        /// <summary>Adds a middleware for those invocations that the predicate accepts.</summary>
        public static IFunctionsWorkerApplicationBuilder UseWhen<T>(
            this IFunctionsWorkerApplicationBuilder builder, Func<FunctionContext, bool> predicate)
            where T : class, IFunctionsWorkerMiddleware
        {
            builder.Services.AddSingleton<T>();
            return builder.Use(next => context => predicate(context)
                ? context.InstanceServices.GetRequiredService<T>().Invoke(context, next)
                : next(context));
        }
    }
}
