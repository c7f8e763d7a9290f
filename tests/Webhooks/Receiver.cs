using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.Webhooks;

/// <summary>A request as the receiver got it.</summary>
/// <param name="Path">Without the slash at its beginning.</param>
/// <param name="Headers">In lower case.</param>
/// <param name="Body">Its text.</param>
internal sealed record ReceivedDelivery(string Path, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string Id => Headers["webhook-id"];

    /// <summary>In seconds since 1970.</summary>
    public long SentAt => long.Parse(Headers["webhook-timestamp"], CultureInfo.InvariantCulture);

    public JsonElement Json => JsonElement.Parse(Body);

    public string Type => Json.GetProperty("type").GetString()!;
}

/// <summary>A web server of a caller's on this machine that notes what is posted to it, and answers as a test says.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly ConcurrentQueue<ReceivedDelivery> received = [];
    private int calls;

    private Receiver(WebApplication web) => this.web = web;

    /// <summary>All that came, in order; also what was not answered.</summary>
    public IReadOnlyList<ReceivedDelivery> Received => [.. received];

    /// <summary>Requests that are being answered.</summary>
    public int Calls => Volatile.Read(ref calls);

    public string Address => web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    /// <param name="answer">By default 200 without a body.</param>
    /// <param name="port">By default a free one.</param>
    public static async Task<Receiver> Start(Func<HttpContext, ReceivedDelivery, Task>? answer = null, int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var receiver = new Receiver(builder.Build());
        receiver.web.MapPost("/{**path}", http => receiver.Receive(http, answer ?? ((_, _) => Task.CompletedTask)));
        await receiver.web.StartAsync();
        return receiver;
    }

    public string Url(string path) => $"{Address}/{path}";

    /// <summary>What came to one path.</summary>
    public IReadOnlyList<ReceivedDelivery> At(string path) => [.. received.Where(delivery => delivery.Path == path)];

    public ValueTask DisposeAsync() => web.DisposeAsync();

    /// <summary>Never answers; ends when the caller hangs up.</summary>
    public static Task Hang(HttpContext http) => Task.Delay(Timeout.Infinite, http.RequestAborted)
        .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private async Task Receive(HttpContext http, Func<HttpContext, ReceivedDelivery, Task> answer)
    {
        Interlocked.Increment(ref calls);
        try
        {
            using var reader = new StreamReader(http.Request.Body);
            var delivery = new ReceivedDelivery(
                (string)http.Request.RouteValues["path"]!,
                http.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()),
                await reader.ReadToEndAsync(http.RequestAborted));
            received.Enqueue(delivery);
            await answer(http, delivery);
        }
        finally
        {
            Interlocked.Decrement(ref calls);
        }
    }
}
