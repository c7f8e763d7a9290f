using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class HttpTests
{
    private const int Megabyte = 1024 * 1024;

    private readonly Seen<string> seen = new();
    private LocalApp app = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await LocalApp.Start([typeof(Routes), typeof(Answers)], builder =>
    {
        builder.Services.AddSingleton(seen);
        builder.Services.AddScoped<Scope>();
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower);
    });

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task Route_values_fill_parameters() =>
        Assert.That(await app.Http.GetStringAsync("v1/jobs/abc/images/7"), Is.EqualTo("abc:8"));

    [Test]
    public async Task A_route_that_matches_only_nothing_is_the_page_at_the_root() =>
        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("page"));

    [Test]
    public async Task An_empty_route_is_the_name_of_the_function() =>
        Assert.That(await app.Http.GetStringAsync("Unrouted"), Is.EqualTo("unrouted"));

    [TestCase("GET", "v1/jobs/abc/images/seven", Description = "a constraint fails")]
    [TestCase("DELETE", "v1/jobs/abc/images/7", Description = "a method that the route does not have")]
    [TestCase("GET", "nowhere")]
    public async Task What_no_route_fits_is_404_with_an_empty_body(string method, string path) =>
        await Expect(HttpStatusCode.NotFound, "", new HttpMethod(method), path);

    [Test]
    public async Task A_catch_all_gets_the_methods_that_a_nearer_route_does_not_have() =>
        await Expect(HttpStatusCode.OK, "v2: jobs", HttpMethod.Delete, "v2/jobs");

    [Test]
    public async Task A_result_is_written_with_the_JSON_options_of_the_app() =>
        await Expect(HttpStatusCode.Accepted, """{"job_id":"j1"}""", HttpMethod.Post, "v2/jobs");

    [TestCase("value-task", "value-task")]
    [TestCase("nothing", "")]
    [TestCase("text", "", Description = "only IResult and IActionResult are written, as on the real host")]
    public async Task What_a_function_returns_is_the_answer(string route, string body) =>
        await Expect(HttpStatusCode.OK, body, HttpMethod.Get, route);

    [Test]
    public async Task An_exception_that_leaves_the_function_is_500_with_an_empty_body() =>
        await Expect(HttpStatusCode.InternalServerError, "", HttpMethod.Get, "throws");

    [Test]
    public async Task A_result_that_throws_is_500_with_an_empty_body() =>
        await Expect(HttpStatusCode.InternalServerError, "", HttpMethod.Get, "result-throws");

    [Test]
    public async Task Function_and_request_share_one_scope_which_no_other_request_has()
    {
        var first = await app.Http.GetStringAsync("scope");
        var second = await app.Http.GetStringAsync("scope");

        Assert.That(first.Split(',').Distinct().Count(), Is.EqualTo(1));
        Assert.That(second, Is.Not.EqualTo(first));
    }

    [Test]
    public async Task A_bearer_token_and_the_clients_address_reach_the_function()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "caller");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "np_secret");
        request.Headers.Host = "pictures.example:8080";

        using var response = await app.Http.SendAsync(request);

        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("Bearer np_secret http pictures.example:8080"));
    }

    [Test]
    public async Task A_client_that_disconnects_cancels_the_function()
    {
        using var disconnect = new CancellationTokenSource();
        var waiting = app.Http.GetAsync("waits", disconnect.Token);
        Assert.That(await seen.Next(), Is.EqualTo("waiting"));

        await disconnect.CancelAsync();

        Assert.That(await seen.Next(), Is.EqualTo("canceled"));
        Assert.CatchAsync<OperationCanceledException>(async () => await waiting);
    }

    [Test]
    public async Task A_body_of_30_MB_arrives() =>
        Assert.That(await Upload(30L * Megabyte), Is.EqualTo((HttpStatusCode.OK, $"{30L * Megabyte}")));

    [Test]
    public async Task A_body_above_100_MB_is_refused()
    {
        // The server answers before it has read the body, and may close the connection under the client.
        try
        {
            Assert.That(await Upload(100L * Megabyte + 1), Is.EqualTo((HttpStatusCode.RequestEntityTooLarge, "")));
        }
        catch (HttpRequestException e)
        {
            Assert.That(e.InnerException, Is.InstanceOf<IOException>());
        }
    }

    private async Task<(HttpStatusCode Status, string Body)> Upload(long bytes)
    {
        using var response = await app.Http.PostAsync("upload", new StreamContent(new Zeros(bytes)));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task Expect(HttpStatusCode status, string body, HttpMethod method, string path)
    {
        using var response = await app.Http.SendAsync(new HttpRequestMessage(method, path));

        Assert.That((response.StatusCode, await response.Content.ReadAsStringAsync()), Is.EqualTo((status, body)));
    }

    internal sealed class Scope
    {
        public Guid Id { get; } = Guid.NewGuid();
    }

    private static class Routes
    {
        [Function("Image")]
        public static IResult Image(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/jobs/{id}/images/{n:int}")] HttpRequest _, string id, int n) =>
            Results.Text($"{id}:{n + 1}");

        [Function("Page")]
        public static ContentResult Page(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "{ignored:maxlength(0)?}")] HttpRequest _) =>
            new ContentResult { Content = "page" };

        [Function("Unrouted")]
        public static IResult Unrouted([HttpTrigger(AuthorizationLevel.Anonymous, Route = "")] HttpRequest _) => Results.Text("unrouted");

        [Function("Submit")]
        public static Task<IResult> Submit([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v2/jobs")] HttpRequest _) =>
            Task.FromResult(Results.Json(new { JobId = "j1" }, statusCode: StatusCodes.Status202Accepted));

        [Function("Unknown")]
        public static IResult Unknown([HttpTrigger(AuthorizationLevel.Anonymous, Route = "v2/{*path}")] HttpRequest _, string path) =>
            Results.Text($"v2: {path}");
    }

    private sealed class Answers(Seen<string> seen, Scope scope)
    {
        [Function("value-task")]
        public static async ValueTask<IResult> AnswerLater([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest _)
        {
            await Task.Yield();
            return Results.Text("value-task");
        }

        [Function("nothing")]
        public static Task Nothing([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest _) => Task.CompletedTask;

        [Function("text")]
        public static string Text([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest _) => "text";

        [Function("throws")]
        public static IResult Throws([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request)
        {
            request.HttpContext.Response.Headers["x-secret"] = "s";
            throw new InvalidOperationException("secret");
        }

        [Function("result-throws")]
        public static IResult ResultThrows([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest _) => Results.File("/no/such/file");

        [Function("scope")]
        public IResult ScopeIds([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request, FunctionContext context)
        {
            var ids = new[] { request.HttpContext.RequestServices, context.InstanceServices }.Select(s => s.GetRequiredService<Scope>().Id);
            return Results.Text(string.Join(',', ids.Append(scope.Id)));
        }

        [Function("caller")]
        public static IResult Caller([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest request) =>
            Results.Text($"{request.Headers.Authorization} {request.Scheme} {request.Host}");

        [Function("waits")]
        public async Task Waits([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest _, CancellationToken cancel)
        {
            seen.Add("waiting");
            await Task.Delay(Timeout.InfiniteTimeSpan, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            seen.Add("canceled");
        }

        [Function("upload")]
        public static async Task<IResult> Upload(
            [HttpTrigger(AuthorizationLevel.Anonymous, "post")] HttpRequest request, CancellationToken cancel)
        {
            var counted = new Zeros(0);
            await request.Body.CopyToAsync(counted, cancel);
            return Results.Text($"{counted.Written}");
        }
    }
}
