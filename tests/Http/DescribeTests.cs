using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Http;
using Pipeline.Http.OpenApi;

namespace Pipeline.Tests.Http;

/// <summary>What a function's head can say, and that what makes no sense is refused when the document is written.</summary>
public sealed class DescribeTests
{
    [Test]
    public void A_status_with_two_bodies_is_one_of_them_and_a_header_that_only_one_has_is_optional()
    {
        var answer = Operation<TwoBodies>("get").GetProperty("responses").GetProperty("200");

        var choices = answer.GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("oneOf");
        Assert.That(
            choices.EnumerateArray().Select(choice => choice.GetProperty("$ref").GetString()),
            Is.EqualTo(new[] { "#/components/schemas/Quote", "#/components/schemas/Thing" }));
        Assert.That(answer.GetProperty("headers").GetProperty("ETag").TryGetProperty("required", out _), Is.False);
        Assert.That(answer.GetProperty("description").GetString(), Is.EqualTo("What it would cost. The thing."));
    }

    [Test]
    public void A_body_of_bytes_is_refused_for_its_size_and_type_and_not_for_its_fields()
    {
        var upload = Operation<Upload>("post");

        Assert.That(
            upload.GetProperty("requestBody").GetProperty("content").EnumerateObject().Select(type => type.Name),
            Is.EqualTo(new[] { "image/png", "image/webp" }));
        Assert.That(StatusesOf(upload), Is.EqualTo(new[] { "201", "401", "413", "415", "429", "500", "503" }));
    }

    [Test]
    public void A_route_can_write_its_own_refusals_in_a_shape_of_its_own()
    {
        var refusals = Operation<OwnShape>("get").GetProperty("responses");

        foreach (var status in new[] { "401", "402", "500" })
        {
            var content = refusals.GetProperty(status).GetProperty("content").EnumerateObject().Single();
            Assert.That(content.Name, Is.EqualTo("application/json"));
            Assert.That(content.Value.ToString(), Does.Contain("schemas/Failure"));
        }
    }

    [Test]
    public void An_operators_route_is_refused_by_the_host_and_an_open_one_by_nobody()
    {
        Assert.That(Operation<ForOperators>("get").GetProperty("responses").GetProperty("401").ToString(), Does.Contain("NoFunctionKey"));
        Assert.That(StatusesOf(Operation<Open>("get")), Is.EqualTo(new[] { "200", "500", "503" }));
    }

    [TestCase(typeof(NoSummary), "NoSummary has no [Summary].")]
    [TestCase(typeof(OddHeader), "The header 'X-Odd' is not among those")]
    [TestCase(typeof(SameNames), "would both be the schema 'Thing'")]
    [TestCase(typeof(ReadAndWritten), "make two records of it")]
    public void A_head_that_says_too_little_or_too_much_is_refused(Type function, string why) =>
        Assert.That(() => ApiDocument.Write([function]), Throws.InvalidOperationException.With.Message.Contains(why));

    private static JsonElement Operation<T>(string method) =>
        JsonElement.Parse(ApiDocument.Write([typeof(T)])).GetProperty("paths").GetProperty("/v1/x").GetProperty(method);

    private static IEnumerable<string> StatusesOf(JsonElement operation) =>
        operation.GetProperty("responses").EnumerateObject().Select(response => response.Name);

    private sealed record QuoteView(int Credits);

    private sealed record ThingView(string Name);

    private sealed record Thing(string Name);

    private sealed record Failure(int Code, string Message);

    private sealed class TwoBodies
    {
        [Function("TwoBodies")]
        [Summary("x")]
        [Answer(200, "What it would cost.", typeof(QuoteView))]
        [Answer(200, "The thing.", typeof(ThingView), Headers = ["ETag"])]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/x")] HttpRequest request) => Fail(request);
    }

    private sealed class Upload
    {
        [Function("Upload")]
        [Summary("x")]
        [Body(typeof(Stream), "image/png", "image/webp")]
        [Answer(201, "The thing.", typeof(ThingView))]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/x")] HttpRequest request) => Fail(request);
    }

    private sealed class OwnShape
    {
        [Function("OwnShape")]
        [Summary("x")]
        [Answer(200, "The thing.", typeof(ThingView))]
        [Refuses(ProblemCode.InsufficientCredits, As = typeof(Failure))]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/x")] HttpRequest request) => Fail(request);
    }

    private sealed class ForOperators
    {
        [Function("ForOperators")]
        [Summary("x")]
        [Answer(200, "The thing.", typeof(ThingView))]
        public static void Run([HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/x")] HttpRequest request) => Fail(request);
    }

    private sealed class Open
    {
        [Function("Open")]
        [OpenToAll]
        [Summary("x")]
        [Answer(200, "The thing.", typeof(ThingView))]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/x")] HttpRequest request) => Fail(request);
    }

    private sealed class NoSummary
    {
        [Function("NoSummary")]
        [Answer(200, "The thing.", typeof(ThingView))]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/x")] HttpRequest request) => Fail(request);
    }

    private sealed class OddHeader
    {
        [Function("OddHeader")]
        [Summary("x")]
        [Answer(200, "The thing.", typeof(ThingView), Headers = ["X-Odd"])]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/x")] HttpRequest request) => Fail(request);
    }

    private sealed class SameNames
    {
        [Function("SameNames")]
        [Summary("x")]
        [Answer(200, "The thing.", typeof(ThingView))]
        [Answer(201, "The thing.", typeof(Thing))]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/x")] HttpRequest request) => Fail(request);
    }

    private sealed class ReadAndWritten
    {
        [Function("ReadAndWritten")]
        [Summary("x")]
        [Body(typeof(Thing))]
        [Answer(200, "The thing.", typeof(Thing))]
        public static void Run([HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "v1/x")] HttpRequest request) => Fail(request);
    }

    /// <summary>These functions are described, never called.</summary>
    private static void Fail(HttpRequest request) => Assert.Fail($"{request.Path} was called.");
}
