using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>Starts the listener of each function that storage or time triggers, and stops them within the grace of the host.</summary>
internal sealed partial class Listeners(
    IReadOnlyList<Function> functions, IServiceProvider services, HostLife life, ILogger<Listeners> logger) : IHostedService
{
    private readonly List<Task> running = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // All are made before the first one runs, so that a refused setting starts nothing.
        var listeners = functions.Select(Listener).OfType<IListener>().ToList();
        running.AddRange(listeners.Select(listener => Task.Run(() => listener.Run(life.Stopping), CancellationToken.None)));
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAll(running).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Log.Abandoned(logger);
        }
        finally
        {
            life.Abandon();
        }
    }

    private IListener? Listener(Function function) => function.Trigger switch
    {
        QueueName => ActivatorUtilities.CreateInstance<QueueListener>(services, function),
        BlobPattern => ActivatorUtilities.CreateInstance<BlobListener>(services, function),
        TimerSchedule => ActivatorUtilities.CreateInstance<TimerListener>(services, function),
        _ => null,
    };

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Work still in flight is left to its lease, which brings it back.")]
        public static partial void Abandoned(ILogger logger);
    }
}

/// <summary>Turns events of storage or time into invocations; ends once told to stop and nothing is in flight.</summary>
internal interface IListener
{
    Task Run(CancellationToken stop);
}
