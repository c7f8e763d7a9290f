using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;

namespace Local.FunctionsWorker;

/// <summary>The app's middlewares, the first registered outermost, around the function itself.</summary>
internal sealed class InvocationPipeline
{
    public InvocationPipeline(IEnumerable<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> middlewares) =>
        Run = middlewares.Reverse().Aggregate((FunctionExecutionDelegate)CallFunction, (next, middleware) => middleware(next));

    public FunctionExecutionDelegate Run { get; }

    private static async Task CallFunction(FunctionContext context)
    {
        // Arguments are bound here, inside the middlewares, so that these see a payload that does not fit as an exception.
        var invocation = (InvocationContext)context;
        context.GetInvocationResult().Value = await invocation.Function.Call(invocation);
    }
}
