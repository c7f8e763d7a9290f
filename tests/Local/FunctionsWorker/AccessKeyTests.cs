using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Hosting;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class AccessKeyTests
{
    private LocalApp app = null!;
    private int callsOfMiddleware;

    [OneTimeSetUp]
    public async Task Start() => app = await LocalApp.Start(
        [typeof(Doors)],
        builder => builder.UseMiddleware((_, next) =>
        {
            callsOfMiddleware++;
            return next();
        }),
        settings: [("Local:FunctionKey", "fkey"), ("Local:MasterKey", "mkey")]);

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [TestCase("open", null, null, ExpectedResult = HttpStatusCode.OK)]
    [TestCase("open", "wrong", null, ExpectedResult = HttpStatusCode.OK)]
    [TestCase("key", null, null, ExpectedResult = HttpStatusCode.Unauthorized)]
    [TestCase("key", "wrong", null, ExpectedResult = HttpStatusCode.Unauthorized)]
    [TestCase("key", "fkey", null, ExpectedResult = HttpStatusCode.OK)]
    [TestCase("key", null, "fkey", ExpectedResult = HttpStatusCode.OK)]
    [TestCase("key", "wrong", "fkey", ExpectedResult = HttpStatusCode.Unauthorized, Description = "the header comes before the query")]
    [TestCase("key", "fkey", "wrong", ExpectedResult = HttpStatusCode.OK)]
    [TestCase("key", "mkey", null, ExpectedResult = HttpStatusCode.OK, Description = "the master key fits everywhere")]
    [TestCase("master", "fkey", null, ExpectedResult = HttpStatusCode.Unauthorized)]
    [TestCase("master", "mkey", null, ExpectedResult = HttpStatusCode.OK)]
    public async Task<HttpStatusCode> A_door_opens_to_its_keys(string door, string? header, string? code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, code is null ? door : $"{door}?code={code}");
        if (header is not null) request.Headers.Add("x-functions-key", header);
        using var response = await app.Http.SendAsync(request);
        return response.StatusCode;
    }

    [Test]
    public async Task Without_a_key_the_answer_is_empty_and_no_middleware_is_called()
    {
        var before = callsOfMiddleware;

        using var response = await app.Http.GetAsync("key");

        Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
        Assert.That(callsOfMiddleware, Is.EqualTo(before));
    }

    [Test]
    public async Task Keys_that_no_setting_gives_are_made_and_printed()
    {
        await using var other = await LocalApp.Start([typeof(Doors)]);

        var line = other.Output.Split('\n').Single(line => line.StartsWith("Master key", StringComparison.Ordinal));
        var printed = line.Split(": ")[1].Trim();

        using var response = await other.Http.GetAsync($"master?code={printed}");
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(app.Output, Does.Not.Contain("mkey"), "keys of settings are not printed");
    }

    private static class Doors
    {
        [Function("open")]
        public static void Open([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest _)
        {
        }

        [Function("key")]
        public static void Key([HttpTrigger] HttpRequest _)
        {
        }

        [Function("master")]
        public static void Master([HttpTrigger(AuthorizationLevel.Admin)] HttpRequest _)
        {
        }
    }
}
