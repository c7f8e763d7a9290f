using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class HttpTests
{
    private LocalApp app = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await LocalApp.Start([typeof(Jobs)]);

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task Route_values_fill_parameters() =>
        Assert.That(await app.Http.GetStringAsync("v1/jobs/abc/images/7"), Is.EqualTo("\"abc:8\""));

    [Test]
    public async Task A_route_that_matches_only_nothing_is_the_page_at_the_root() =>
        Assert.That(await app.Http.GetStringAsync("/"), Is.EqualTo("page"));

    [TestCase("GET", "v1/jobs/abc/images/seven")]
    [TestCase("DELETE", "v1/jobs/abc/images/7")]
    [TestCase("GET", "nowhere")]
    public async Task What_no_route_fits_is_404_with_an_empty_body(string method, string path)
    {
        using var response = await app.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.Empty);
    }

    private sealed class Jobs
    {
        [Function("GetImage")]
        public static IResult Get(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/jobs/{id}/images/{n:int}")] HttpRequest _, string id, int n) =>
            Results.Json($"{id}:{n + 1}");

        [Function("Page")]
        public static ContentResult Page([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "{ignored:maxlength(0)?}")] HttpRequest _) =>
            new ContentResult { Content = "page" };
    }
}
