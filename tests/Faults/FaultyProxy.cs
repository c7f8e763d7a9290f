using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Pipeline.Tests.Faults;

/// <summary>
/// A way to a server on which requests meet faults: by chance, at a tripwire, or all of them in an outage. Else each passes as it is.
/// </summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly Forward forward;
    private readonly FaultDice dice;
    private readonly ConcurrentDictionary<ConnectionContext, bool> connections = new();
    private readonly ConcurrentDictionary<Tripwire, bool> tripwires = new();
    private long requests;
    private volatile bool isCut;

    private FaultyProxy(Uri target, int seed)
    {
        forward = new Forward(target);
        dice = new FaultDice(seed);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Use(next => connection => Connected(connection, next)));
        });
        web = builder.Build();
        web.Run(Handle);
    }

    /// <summary>Where it stands.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Requests that came, whatever befell them.</summary>
    public long Requests => Interlocked.Read(ref requests);

    /// <summary>How many of them met each fault by chance.</summary>
    public IReadOnlyDictionary<NetworkFault, long> Faults => dice.Counts;

    /// <param name="target">Host and port of the server behind it.</param>
    /// <param name="seed">Of the faults by chance.</param>
    public static async Task<FaultyProxy> Start(Uri target, int seed)
    {
        var proxy = new FaultyProxy(target, seed);
        await proxy.web.StartAsync();
        var addresses = proxy.web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        proxy.Url = new Uri(addresses.Addresses.Single());
        return proxy;
    }

    /// <summary>From now on this share of the requests, from 0 to 1, meets a fault: one of these, or of all.</summary>
    public void SetFaults(double share, params NetworkFault[] faults) =>
        dice.Set(share, faults.Length > 0 ? faults : Enum.GetValues<NetworkFault>());

    /// <summary>Does something the first time that such a request passes, and cuts its connection.</summary>
    public Tripwire Trip(Func<PassingRequest, bool> matches, TripAt at, Func<Task> action)
    {
        var tripwire = new Tripwire(matches, at, action);
        tripwires[tripwire] = true;
        return tripwire;
    }

    /// <summary>An outage: every connection breaks, and so does every new one.</summary>
    public void Cut()
    {
        isCut = true;
        foreach (var connection in connections.Keys) connection.Abort();
    }

    public void Mend() => isCut = false;

    public async ValueTask DisposeAsync()
    {
        Cut();
        await web.StopAsync();
        await web.DisposeAsync();
        forward.Dispose();
    }

    private async Task Connected(ConnectionContext connection, ConnectionDelegate next)
    {
        connections[connection] = true;
        try
        {
            // Asked after it is listed, so that a cut meets it here or there.
            if (isCut) connection.Abort();
            else await next(connection);
        }
        finally
        {
            connections.TryRemove(connection, out _);
        }
    }

    private async Task Handle(HttpContext http)
    {
        Interlocked.Increment(ref requests);
        var fault = dice.Next();
        try
        {
            var tripwire = await FindTripwire(http);
            if (tripwire?.At == TripAt.Before) await tripwire.Spring();
            if (tripwire?.At == TripAt.Before || fault == NetworkFault.Reset) http.Abort();
            else await Pass(http, tripwire, fault);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // One side is gone: the other shall see that, too.
            http.Abort();
        }
    }

    private async Task Pass(HttpContext http, Tripwire? tripwire, NetworkFault? fault)
    {
        if (fault == NetworkFault.Latency) await Task.Delay(dice.Latency(), http.RequestAborted);

        using var answer = await forward.Ask(http);
        if (tripwire is not null) await tripwire.Spring();
        if (tripwire is not null || fault == NetworkFault.LostAnswer)
        {
            http.Abort();
            return;
        }

        await Forward.Answer(http, answer, slowly: fault == NetworkFault.Limit);
        if (fault != NetworkFault.SlowClose) return;
        await http.Response.CompleteAsync();
        await Task.Delay(dice.Latency(), http.RequestAborted);
        http.Abort();
    }

    private async Task<Tripwire?> FindTripwire(HttpContext http)
    {
        if (tripwires.IsEmpty) return null;
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = Uri.UnescapeDataString(target.Split('?')[0]);
        var body = path.EndsWith("/$batch", StringComparison.Ordinal) ? await ReadText(http.Request) : "";
        var request = new PassingRequest(http.Request.Method, path, body);
        return tripwires.Keys.FirstOrDefault(tripwire => tripwire.IsMetBy(request));
    }

    /// <summary>Reads the body, which is small, and puts it back.</summary>
    private static async Task<string> ReadText(HttpRequest request)
    {
        var copy = new MemoryStream();
        await request.Body.CopyToAsync(copy);
        request.Body = copy;
        copy.Position = 0;
        return Encoding.UTF8.GetString(copy.ToArray());
    }
}
