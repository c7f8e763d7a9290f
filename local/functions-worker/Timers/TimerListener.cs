using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>Runs a function on its schedule while this process has the claim on it; a run ends before the next one begins.</summary>
internal sealed partial class TimerListener(
    Function function, Invoker invoker, StorageAccounts accounts, IServiceScopeFactory scopes, HostSetup setup, HostLife life,
    ILogger<TimerListener> logger) : IListener
{
    /// <summary>The longest wait of a timer of .NET is 49 days; a yearly schedule takes several.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromDays(24);

    private const string HostContainer = "azure-webjobs-hosts";

    private readonly TimerSchedule trigger = (TimerSchedule)function.Trigger;
    private readonly BlobContainerClient statuses = accounts.Blobs(null, function.Name).GetBlobContainerClient(HostContainer);
    private readonly BlobContainerClient locks = accounts.BlobsToPoll(null, function.Name).GetBlobContainerClient(HostContainer);
    private bool hasStarted;

    public async Task Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await RunWithClaim(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The boundary of the listener: an outage of the storage must not end it.
                Log.Interrupted(logger, e, function.Name, setup.Times.BlobLeaseRenewal);
            }

            await Task.Delay(setup.Times.BlobLeaseRenewal, setup.Clock, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunWithClaim(CancellationToken stop)
    {
        var blob = locks.GetBlobClient($"locks/{setup.AppName}/{function.Id}.Listener");
        await using var claim = await BlobClaim.TryTake(blob, setup, logger, life.Abandoned);
        if (claim is null) return;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop, claim.Lost);
        try
        {
            await RunSchedule(ends.Token);
        }
        catch (OperationCanceledException) when (claim.Lost.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            Log.ClaimLost(logger, function.Name);
        }
    }

    private async Task RunSchedule(CancellationToken ends)
    {
        var memory = trigger.UseMonitor && !trigger.Schedule.IsFrequent(Now)
            ? new ScheduleMemory(statuses.GetBlobClient($"timers/{setup.AppName}/{function.Id}/status"), logger)
            : null;
        var (status, isNew, isPastDue) = trigger.Schedule.Resume(memory is null ? null : await memory.Read(), Now);
        if (isNew && memory is not null) await memory.Write(status);
        if (isPastDue) status = await RunOnce(status, memory, TimerCause.PastDue);
        else if (trigger.RunOnStartup && !hasStarted) status = await RunOnce(status, memory, TimerCause.RunOnStartup);
        hasStarted = true;
        while (true)
        {
            await WaitUntil(status.Next, ends);
            status = await RunOnce(status, memory, TimerCause.Schedule);
        }
    }

    private async Task<ScheduleStatus> RunOnce(ScheduleStatus status, ScheduleMemory? memory, TimerCause cause)
    {
        var ranAt = Now;
        var info = new TimerInfo { IsPastDue = cause == TimerCause.PastDue, ScheduleStatus = memory is null ? null : status };
        await using (var scope = scopes.CreateAsyncScope())
        {
            // A failure is logged by the invoker; the schedule goes on as after a success.
            var due = new TimerEvent(info, cause);
            await invoker.Invoke(function, due, scope.ServiceProvider, _ => Task.CompletedTask, CancellationToken.None);
        }

        var after = trigger.Schedule.After(status, ranAt, isScheduled: cause == TimerCause.Schedule);
        if (memory is not null && !life.Abandoned.IsCancellationRequested) await memory.Write(after);
        return after;
    }

    private async Task WaitUntil(DateTime due, CancellationToken ends)
    {
        ends.ThrowIfCancellationRequested();
        while (due - Now is var left && left > TimeSpan.Zero) await Task.Delay(left < WaitMax ? left : WaitMax, setup.Clock, ends);
    }

    private DateTime Now => setup.Clock.GetUtcNow().UtcDateTime;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The timer of {Function} was interrupted; the next try is in {Wait}.")]
        public static partial void Interrupted(ILogger logger, Exception e, string function, TimeSpan wait);

        [LoggerMessage(LogLevel.Warning, "Another process may have the timer of {Function} now.")]
        public static partial void ClaimLost(ILogger logger, string function);
    }
}
