using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Google.Protobuf.WellKnownTypes;
using Local.Up;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Pipeline.HostTests.Host.Rpc;

namespace Pipeline.HostTests.Host;

/// <summary>As much of the Functions host as this app needs: starts the worker, has it tell its functions, loads and calls them.</summary>
/// <remarks>
/// Written after https://github.com/Azure/azure-functions-host (<c>GrpcWorkerChannel</c>, <c>ScriptInvocationContextExtensions</c>) and the
/// extensions for HTTP, storage and timers. It starts no timer by itself and hears of no blob: tests say when.
/// </remarks>
internal sealed class MiniHost : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan InvocationLimit = TimeSpan.FromMinutes(2);

    private readonly WebApplication web;
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> listeners = [];
    private readonly ConcurrentDictionary<string, Task> running = new();

    private MiniHost(WebApplication web, WorkerChannel channel, WorkerProcess worker)
    {
        this.web = web;
        Channel = channel;
        Worker = worker;
    }

    public WorkerChannel Channel { get; }

    public WorkerProcess Worker { get; }

    /// <summary>What the worker says that it can do.</summary>
    public IReadOnlyDictionary<string, string> Capabilities { get; private set; } = new Dictionary<string, string>();

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, HostedFunction> Functions { get; private set; } = new Dictionary<string, HostedFunction>();

    /// <summary>How long the worker took from its start until it had its functions loaded.</summary>
    public TimeSpan StartTook { get; private set; }

    /// <summary>Where callers reach the app.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Starts the worker and loads its functions; no message is taken from any queue before <see cref="Listen"/>.</summary>
    public static async Task<MiniHost> Start(string folder, IReadOnlyDictionary<string, string> settings)
    {
        var started = Stopwatch.StartNew();
        var (port, id) = (FreePorts.Find(2), Guid.NewGuid().ToString());
        var channel = new WorkerChannel();
        var web = Build(port, channel);
        var host = new MiniHost(web, channel, WorkerProcess.Start(folder, port, id, settings))
        {
            Url = new($"http://127.0.0.1:{port + 1}/"),
        };
        try
        {
            HttpFront.Map(web, host, port + 1);
            await web.StartAsync();
            await host.ShakeHands(folder, id);
            host.StartTook = started.Elapsed;
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Begins to take messages from the queues of all functions.</summary>
    public void Listen(string storage, HostSettings settings) => listeners.AddRange(Functions.Values
        .Where(function => function.Kind == "queueTrigger")
        .Select(function => new QueueListener(this, function, storage, settings).Run(stopping.Token)));

    /// <summary>Has the worker run a function, and gives how that ended.</summary>
    /// <param name="function">Which.</param>
    /// <param name="fill">Adds what the trigger brings.</param>
    /// <param name="traceParent">Where the host is in a trace; null begins one.</param>
    public Task<StatusResult> Invoke(HostedFunction function, Action<InvocationRequest> fill, string? traceParent = null) =>
        Invoke(function, Guid.NewGuid().ToString(), fill, traceParent);

    public async Task<StatusResult> Invoke(
        HostedFunction function, string id, Action<InvocationRequest> fill, string? traceParent)
    {
        using var activity = new Activity(function.Name);
        if (traceParent is not null) activity.SetParentId(traceParent);
        activity.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        activity.Start();
        var request = new InvocationRequest
        {
            InvocationId = id,
            FunctionId = function.Id,
            TraceContext = new RpcTraceContext { TraceParent = activity.Id },
        };
        fill(request);
        try
        {
            var answering = Channel.Ask(Message(message => message.InvocationRequest = request), id);
            running[id] = answering;
            return (await answering.WaitAsync(InvocationLimit)).InvocationResponse.Result;
        }
        finally
        {
            running.TryRemove(id, out _);
            Channel.Forget(id);
        }
    }

    /// <summary>As the host stops: takes no more messages, cancels what runs and waits for it, and has the worker end.</summary>
    /// <returns>The worker's exit code.</returns>
    public async Task<int> Stop(TimeSpan grace)
    {
        await stopping.CancelAsync();
        foreach (var id in running.Keys)
            Channel.Send(Message(message => message.InvocationCancel = new InvocationCancel { InvocationId = id }));
        await StopListening();
        Channel.Send(Message(message => message.WorkerTerminate = new WorkerTerminate { GracePeriod = Duration.FromTimeSpan(grace) }));
        return await Worker.Ended.WaitAsync(StartLimit);
    }

    public async ValueTask DisposeAsync()
    {
        await StopListening();
        await Worker.DisposeAsync();
        await web.DisposeAsync();
        stopping.Dispose();
    }

    /// <summary>Waits until all of the worker's own services have started, its web server last.</summary>
    public Task Started() => DeployedApp.Until(
        () => Task.FromResult(Channel.Logs.Any(log => log.Message.StartsWith("Application started", StringComparison.Ordinal))),
        isStarted => isStarted);

    private async Task StopListening()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(listeners);
    }

    private async Task ShakeHands(string folder, string id)
    {
        var start = await Await("StartStream");
        Assert.That(start.StartStream.WorkerId, Is.EqualTo(id));

        var init = await Ask("WorkerInitResponse", message => message.WorkerInitRequest = new WorkerInitRequest
        {
            HostVersion = "4.1044.0.0",
            WorkerDirectory = folder,
            FunctionAppDirectory = folder,
        });
        Assert.That(init.WorkerInitResponse.Result.Status, Is.EqualTo(StatusResult.Types.Status.Success), init.ToString());
        Capabilities = init.WorkerInitResponse.Capabilities;

        var indexed = await Ask("FunctionMetadataResponse", message => message.FunctionsMetadataRequest = new FunctionsMetadataRequest
        {
            FunctionAppDirectory = folder,
        });
        Assert.That(indexed.FunctionMetadataResponse.Result.Status, Is.EqualTo(StatusResult.Types.Status.Success), indexed.ToString());
        Functions = indexed.FunctionMetadataResponse.FunctionMetadataResults.Select(HostedFunction.From)
            .ToDictionary(function => function.Name);
        foreach (var function in Functions.Values) await Load(function, folder);
    }

    private async Task Load(HostedFunction function, string folder)
    {
        var loaded = await Ask(function.Id, message => message.FunctionLoadRequest = function.ToLoad(folder));
        var result = loaded.FunctionLoadResponse.Result;
        Assert.That(result.Status, Is.EqualTo(StatusResult.Types.Status.Success), $"{function.Name}: {result.Exception?.Message}");
    }

    private Task<StreamingMessage> Ask(string answer, Action<StreamingMessage> fill) => OrEnd(Channel.Ask(Message(fill), answer));

    private Task<StreamingMessage> Await(string kind) => OrEnd(Channel.Await(kind));

    /// <summary>The answer; or what the worker printed, if it ended instead.</summary>
    private async Task<StreamingMessage> OrEnd(Task<StreamingMessage> coming)
    {
        var first = await Task.WhenAny(coming, Worker.Ended).WaitAsync(StartLimit);
        return first == coming
            ? await coming
            : throw new CannotStartException($"The worker ended with code {await Worker.Ended}:\n{string.Join('\n', Worker.Printed)}");
    }

    private static StreamingMessage Message(Action<StreamingMessage> fill)
    {
        var message = new StreamingMessage { RequestId = Guid.NewGuid().ToString() };
        fill(message);
        return message;
    }

    private static WebApplication Build(int port, WorkerChannel channel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            // What the real host lets through.
            kestrel.Limits.MaxRequestBodySize = 210_000_000;
            kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, port + 1, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = null);
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton(channel);
        var web = builder.Build();
        web.UseRouting();
        web.MapGrpcService<WorkerChannel>();
        return web;
    }
}
