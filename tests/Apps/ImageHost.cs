using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.Apps;

/// <summary>A web server of a caller's on this machine, with good images and with all that can be wrong behind a URL.</summary>
internal sealed class ImageHost : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly ConcurrentDictionary<string, int> calls = new();

    private ImageHost(WebApplication web) => this.web = web;

    public static byte[] Cat { get; } = TestPicture.Png(120, 80, bytes: 90_000);

    public static async Task<ImageHost> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var host = new ImageHost(builder.Build());
        host.web.MapGet("/{**path}", host.Answer);
        await host.web.StartAsync();
        return host;
    }

    public string Url(string path) =>
        web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single() + "/" + path;

    public int CallsOf(string path) => calls.GetValueOrDefault(path);

    public ValueTask DisposeAsync() => web.DisposeAsync();

    private Task Answer(HttpContext http)
    {
        var path = (string)http.Request.RouteValues["path"]!;
        var call = calls.AddOrUpdate(path, 1, (_, before) => before + 1);
        return path switch
        {
            "page.png" => Send(http, "<html><body>Please log in</body></html>"u8.ToArray()),
            "cut.png" => Send(http, Cat[..^20]),
            "huge.png" => Send(http, TestPicture.Png(bytes: (20 << 20) + 1)),
            "gone.png" => Send(http, [], 404),
            "moved.png" => Moved(http),
            "down.png" => Send(http, [], 503),
            _ when path.StartsWith("late-", StringComparison.Ordinal) => call <= 2 ? Send(http, [], 503) : Send(http, Cat),
            _ => Send(http, Cat),
        };
    }

    private Task Moved(HttpContext http)
    {
        http.Response.Headers.Location = Url("where-it-moved.png");
        return Send(http, [], 302);
    }

    // The type that is told is always a lie: only the bytes count.
    private static Task Send(HttpContext http, byte[] body, int status = 200)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = body == Cat ? "text/html" : "image/png";
        http.Response.ContentLength = body.Length;
        return http.Response.Body.WriteAsync(body).AsTask();
    }
}
