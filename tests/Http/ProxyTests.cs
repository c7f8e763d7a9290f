using System.Net;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

/// <summary>Alone, as the proxy is the whole process's.</summary>
[NonParallelizable]
public sealed class ProxyTests
{
    [Test]
    public async Task A_proxy_of_the_machine_does_not_do_the_connecting()
    {
        await using var proxy = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy");
        await using var own = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nown");
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy(proxy.Url);
        try
        {
            using var guarded = new GuardedHttp(
                new OutgoingOptions { AllowLoopback = true }, Dns.GetHostAddressesAsync, TimeProvider.System);
            var outcome = await guarded.Send(
                "caller", new HttpRequestMessage(HttpMethod.Get, own.Url), TimeSpan.FromSeconds(10),
                (answer, cancel) => answer.Content.ReadAsStringAsync(cancel), CancellationToken.None);

            Assert.That(outcome, Is.EqualTo(new GuardedOutcome<string>.Answered("own")));
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.That(proxy.Connections, Is.Zero);
    }
}
