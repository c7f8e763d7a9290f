using System.Net;
using Local.ImageApi.Calls;
using Local.ImageApi.Control;
using Local.ImageApi.Faults;
using Local.ImageApi.Files;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Local.ImageApi;

/// <summary>The NanoBanana API on 127.0.0.1, in this process: same routes, refusals and habits, with pictures it draws itself.</summary>
public sealed class Simulator : IAsyncDisposable
{
    /// <summary>Ten reference images of 7 MB in base64.</summary>
    private const long BodyBytesMax = 100 * 1024 * 1024;

    private readonly WebApplication web;
    private readonly FetchReferences fetchReferences;
    private readonly StatsBook stats;
    private readonly FaultBook faults;

    private Simulator(WebApplication web, FetchReferences fetchReferences, StatsBook stats, FaultBook faults)
    {
        this.web = web;
        this.fetchReferences = fetchReferences;
        this.stats = stats;
        this.faults = faults;
        var addresses = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Url = new Uri(addresses.Addresses.Single());
    }

    /// <summary>What <c>ImageApi__BaseUrl</c> is to be; <c>v1/images/generate</c> and <c>v1/images/edit</c> are below it.</summary>
    public Uri Url { get; }

    /// <summary>The provider's books, as of now.</summary>
    public SimulatorStats Stats => stats.Read();

    /// <summary>Starts it; when this returns it answers. Dispose to stop: calls in flight are cut off.</summary>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<Simulator> Start(SimulatorOptions options, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Latency, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Latency, SimulatorOptions.LatencyMax);
        ArgumentOutOfRangeException.ThrowIfNegative(options.ImageBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ImageBytes, SimulatorOptions.ImageBytesMax);
        var stats = new StatsBook();
        var faults = new FaultBook(options.Seed);
        var fetchReferences = new FetchReferences();
        var shelf = new Shelf();
        var makeImages = new MakeImages(options, Catalogue.Load(), faults, fetchReferences, shelf, stats);
        var sendFile = new SendFile(options, shelf, stats);
        var control = new ControlRoutes(stats, faults);

        var web = Build(options.Port);
        web.Use(Guard);
        web.MapPost("/v1/images/generate", http => makeImages.Handle(http, CallKind.Generate, http.RequestAborted));
        web.MapPost("/v1/images/edit", http => makeImages.Handle(http, CallKind.Edit, http.RequestAborted));
        web.MapGet("/files/{name}", http => sendFile.Handle(http, (string)http.Request.RouteValues["name"]!, http.RequestAborted));
        web.MapGet("/control/stats", http => control.Stats(http, http.RequestAborted));
        web.MapPost("/control/faults", http => control.Faults(http, http.RequestAborted));
        web.MapPost("/control/reset", http => control.Reset(http, http.RequestAborted));
        web.MapFallback(http => Answer.Json.Refused(404, $"No such route: {http.Request.Method} {http.Request.Path}").Send(http, default));
        await web.StartAsync(cancel);
        return new Simulator(web, fetchReferences, stats, faults);
    }

    /// <summary>How often a prompt was called, as it was sent, tags included.</summary>
    public int CallsOf(string prompt) => faults.CallsOf(prompt);

    /// <summary>The provider's books of one prompt, as it was sent, tags included; of the last 20,000 prompts.</summary>
    public PromptStats StatsOf(string prompt) => stats.Of(prompt);

    /// <summary>As <c>POST /control/faults</c>: from now on this share of the calls, from 0 to 1, meets the fault.</summary>
    /// <exception cref="ArgumentException">There is no such fault.</exception>
    public void SetFault(string name, double rate)
    {
        if (FaultNames.Find(name) is null) throw new ArgumentException(FaultNames.Unknown(name), nameof(name));
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, 1);
        faults.SetRate(name, rate);
    }

    public async ValueTask DisposeAsync()
    {
        await web.StopAsync();
        await web.DisposeAsync();
        fetchReferences.Dispose();
    }

    /// <summary>No settings, files or environment of the process around it: only what is said here.</summary>
    private static WebApplication Build(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Limits.MaxRequestBodySize = BodyBytesMax;
        });
        return builder.Build();
    }

    /// <summary>The boundary: a caller that leaves is no error, a body too long is the caller's, all else is a bug and says so.</summary>
    private static async Task Guard(HttpContext http, RequestDelegate next)
    {
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
        }
        catch (BadHttpRequestException e)
        {
            await Answer.Json.Refused(e.StatusCode, e.Message).Send(http, http.RequestAborted);
        }
        catch (Exception e) when (!http.Response.HasStarted)
        {
            await Answer.Json.Refused(500, $"The simulator itself failed: {e}").Send(http, http.RequestAborted);
        }
    }
}
