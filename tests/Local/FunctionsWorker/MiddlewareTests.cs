using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class MiddlewareTests
{
    private const string Route = "work";

    [Test]
    public async Task Middlewares_run_around_the_function_in_the_order_of_registration()
    {
        var steps = new List<string>();
        await using var app = await LocalApp.Start([typeof(Work)], builder =>
        {
            builder.Services.AddSingleton(steps);
            builder.UseMiddleware<Outer>();
            builder.UseMiddleware(async (_, next) =>
            {
                steps.Add("inner");
                await next();
                steps.Add("inner after");
            });
        });

        await app.Http.GetAsync(Route);

        Assert.That(string.Join(", ", steps), Is.EqualTo("outer, inner, function, inner after, outer after"));
    }

    [Test]
    public async Task A_middleware_may_answer_by_itself()
    {
        var steps = new List<string>();
        await using var app = await LocalApp.Start([typeof(Work)], builder =>
        {
            builder.Services.AddSingleton(steps);
            builder.UseMiddleware(async (context, _) =>
            {
                var http = context.GetHttpContext()!;
                http.Response.StatusCode = StatusCodes.Status403Forbidden;
                await http.Response.WriteAsync("no");
            });
        });

        using var response = await app.Http.GetAsync(Route);

        Assert.That((response.StatusCode, await response.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.Forbidden, "no")));
        Assert.That(steps, Is.Empty);
    }

    [Test]
    public async Task A_middleware_may_turn_an_exception_into_an_answer()
    {
        await using var app = await LocalApp.Start([typeof(Throws)], builder => builder.UseMiddleware(async (context, next) =>
        {
            try
            {
                await next();
            }
            catch (InvalidOperationException)
            {
                context.GetHttpContext()!.Response.StatusCode = StatusCodes.Status418ImATeapot;
            }
        }));

        using var response = await app.Http.GetAsync(Route);

        Assert.That((int)response.StatusCode, Is.EqualTo(418));
    }

    [Test]
    public async Task Middlewares_run_for_a_queue_too_without_a_request()
    {
        var queues = await QueueApp.Create();
        var seen = new Seen<(string Name, bool IsHttp, string Type)>();
        await using var app = await queues.Start(_ => Task.CompletedTask, configure: builder => builder.UseMiddleware((context, next) =>
        {
            var definition = context.FunctionDefinition;
            seen.Add((definition.Name, context.GetHttpContext() is not null, definition.InputBindings["text"].Type));
            return next();
        }));

        await queues.Images.SendMessageAsync("hello");

        Assert.That(await seen.Next(), Is.EqualTo(("Work", false, "queueTrigger")));
    }

    [Test]
    public async Task A_middleware_may_replace_the_result()
    {
        await using var app = await LocalApp.Start([typeof(Work)], builder =>
        {
            builder.Services.AddSingleton(new List<string>());
            builder.UseMiddleware(async (context, next) =>
            {
                await next();
                context.GetInvocationResult().Value = Results.Text("replaced");
            });
        });

        Assert.That(await app.Http.GetStringAsync(Route), Is.EqualTo("replaced"));
    }

    [Test]
    public async Task An_invocation_is_a_span_of_its_callers_trace()
    {
        var spans = new Seen<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Microsoft.Azure.Functions.Worker",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.DisplayName == "function Traced") spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var app = await LocalApp.Start([typeof(Traced)]);
        using var request = new HttpRequestMessage(HttpMethod.Get, Route);
        const string Trace = "0af7651916cd43dd8448eb211c80319c", Caller = "b7ad6b7169203331";
        request.Headers.Add("traceparent", $"00-{Trace}-{Caller}-01");

        using var response = await app.Http.SendAsync(request);

        var span = await spans.Next();
        Assert.That((span.TraceId.ToString(), span.ParentSpanId.ToString()), Is.EqualTo((Trace, Caller)));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo(span.Id));
    }

    private sealed class Outer(List<string> steps) : IFunctionsWorkerMiddleware
    {
        public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            steps.Add("outer");
            await next(context);
            steps.Add("outer after");
        }
    }

    private sealed class Work(List<string> steps)
    {
        [Function("Work")]
        public void Run([HttpTrigger(AuthorizationLevel.Anonymous, Route = Route)] HttpRequest _) => steps.Add("function");
    }

    private static class Throws
    {
        [Function("Throws")]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous, Route = Route)] HttpRequest _) =>
            throw new InvalidOperationException();
    }

    private static class Traced
    {
        [Function("Traced")]
        public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, Route = Route)] HttpRequest _, FunctionContext context) =>
            Results.Text(context.TraceContext.TraceParent);
    }
}
