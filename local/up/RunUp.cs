using System.Collections.Concurrent;
using System.Diagnostics;
using Azure;
using Local.Up.Demo;

namespace Local.Up;

/// <summary>Starts all, says how to use it, waits or shows it, stops all.</summary>
internal static class RunUp
{
    private const int Done = 0;
    private const int Failed = 1;

    /// <summary>Of a demo; the log file has them all.</summary>
    private const int WarningsMax = 20;

    /// <param name="options">What was asked for.</param>
    /// <param name="stop">Ctrl+C, or a signal to end.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> Run(UpOptions options, CancellationToken stop)
    {
        var screen = Screen.For(options);
        try
        {
            var reason = options.Demo ? await ShowDemo(options, screen, stop) : await RunUntilStopped(options, screen, stop);
            if (reason is null) return Done;
            screen.Fail(reason);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            screen.Fail("Stopped before it was done.");
        }
        // Broken ground, told in a sentence: it did not start, did not answer as it should or in time, or a file could not be written.
        catch (Exception e) when (e is CannotStartException or HttpRequestException or RequestFailedException or OperationCanceledException
            or IOException or InvalidDataException)
        {
            screen.Fail(e.Message);
        }

        return Failed;
    }

    private static async Task<string?> RunUntilStopped(UpOptions options, Screen screen, CancellationToken stop)
    {
        await using var platform = await Platform.Start(options, screen.Say, screen.Warn, stop);
        var key = await OpenAccount.Run(platform, stop);
        ShowReady.Show(options, platform, key, screen);

        var reason = await platform.WhileItRuns(WaitForStop, stop);
        screen.Say("Stopping …");
        return reason;
    }

    private static async Task<string?> ShowDemo(UpOptions options, Screen screen, CancellationToken stop)
    {
        using var alone = FileLock.TryTake(UpOptions.DemoFolder + ".lock")
            ?? throw new CannotStartException($"Another demo is saving its pictures in {UpOptions.DemoFolder}: let it finish first.");
        if (Directory.Exists(UpOptions.DemoFolder)) Directory.Delete(UpOptions.DemoFolder, recursive: true);

        var watch = Stopwatch.StartNew();
        var warnings = new ConcurrentQueue<string>();
        string? reason;
        await using (var platform = await Platform.Start(options, screen.Say, warnings.Enqueue, stop))
        {
            var key = await OpenAccount.Run(platform, stop);
            if (options.Json) ShowReady.Show(options, platform, key, screen);
            reason = await platform.WhileItRuns(cancel => RunDemo.Run(platform, key, screen, cancel), stop);
            if (reason is not null) screen.Say($"The app's log is {ShownPath.Of(platform.LogFile)}.");
        }

        // Not while a table is being drawn.
        foreach (var warning in warnings.Take(WarningsMax)) screen.Warn(warning);
        screen.Line();
        screen.Say($"All stopped after {watch.Elapsed.TotalSeconds:0} s. `dotnet run --project local/up` starts it to stay.");
        return reason;
    }

    private static async Task<string?> WaitForStop(CancellationToken stop)
    {
        await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return null;
    }
}
