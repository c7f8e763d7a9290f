using Microsoft.AspNetCore.Http;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

public sealed class PublicUrlsTests
{
    [TestCase("https://images.example", ExpectedResult = "https://images.example/v1/jobs")]
    [TestCase("https://images.example/", ExpectedResult = "https://images.example/v1/jobs")]
    [TestCase("https://example.org:8443/images/?x=1#y", ExpectedResult = "https://example.org:8443/images/v1/jobs")]
    public string The_public_URL_wins_over_the_requests(string url) =>
        new PublicUrls(new HttpOptions { PublicUrl = new Uri(url) }, null).Of(Request(), "v1/jobs");

    [Test]
    public void Without_one_a_URL_begins_as_the_request_did_and_nobody_elses_header_counts() =>
        Assert.That(new PublicUrls(new HttpOptions(), null).Of(Request(), "v1/jobs"), Is.EqualTo("http://10.0.0.4:8080/v1/jobs"));

    [TestCase("https://images.example/base", "app.azurewebsites.net", ExpectedResult = "https://images.example/base/v1/jobs")]
    [TestCase(null, "app.azurewebsites.net", ExpectedResult = "https://app.azurewebsites.net/v1/jobs")]
    [TestCase(null, "localhost:7071", ExpectedResult = "http://localhost:7071/v1/jobs")]
    [TestCase(null, "127.0.0.1:7171", ExpectedResult = "http://127.0.0.1:7171/v1/jobs")]
    [TestCase(null, null, ExpectedResult = "/v1/jobs")]
    public string Where_no_request_is_answered_the_platform_says_it(string? url, string? host) =>
        new PublicUrls(new HttpOptions { PublicUrl = url is null ? null : new Uri(url) }, host).Of("v1/jobs");

    private static HttpRequest Request()
    {
        var http = new DefaultHttpContext { Request = { Scheme = "http", Host = new HostString("10.0.0.4", 8080) } };
        http.Request.Headers["X-Forwarded-Host"] = "evil.example";
        http.Request.Headers["X-Forwarded-Proto"] = "https";
        return http.Request;
    }
}
