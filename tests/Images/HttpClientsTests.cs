using System.Diagnostics;
using Pipeline.Images;
using Pipeline.Tests.Http;

namespace Pipeline.Tests.Images;

/// <summary>The image API, and whoever keeps its images, hear nothing of us that they need not know.</summary>
public sealed class HttpClientsTests
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task Neither_trace_ids_nor_baggage_go_along(bool isImageApi)
    {
        await using var server = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi");
        using var http = isImageApi
            ? HttpClients.ForImageApi(new ImageApiOptions { BaseUrl = new Uri(server.Url), Key = "k" })
            : HttpClients.ForImages();
        using var trace = new Activity("job").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("account", "studio").Start();

        await http.GetStringAsync(new Uri(server.Url));

        Assert.That(server.Requests.Single(), Does.Not.Contain(trace.TraceId.ToHexString()).And.Not.Contains("studio"));
    }
}
