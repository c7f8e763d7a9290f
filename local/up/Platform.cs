using System.Security.Cryptography;
using Local.ImageApi;

namespace Local.Up;

/// <summary>Azurite, an image API and the app, running and connected.</summary>
internal sealed class Platform : IAsyncDisposable
{
    // With Azurite's own limit it stays below the 10 s within which all must be gone. Work that takes longer comes back by its lease.
    private static readonly TimeSpan AppStopLimit = TimeSpan.FromSeconds(6);

    /// <summary>How long to look for a cause, whose consequence may be seen first.</summary>
    private static readonly TimeSpan CauseLimit = TimeSpan.FromMilliseconds(500);

    /// <summary>Of an app that ended; the log has them all.</summary>
    private const int LinesQuoted = 10;

    private IDisposable? dataLock;
    private Azurite? azurite;
    private Simulator? simulator;
    private ImageApiAccess? imageApi;
    private AppLog? log;
    private AppProcess? app;

    /// <summary>The app's address.</summary>
    public Uri Url => app!.Url;

    public Uri ImageApi => imageApi!.Url;

    /// <summary>The storage account's connection string.</summary>
    public string Storage => azurite!.ConnectionString();

    /// <summary>All that the app printed.</summary>
    public string LogFile => log!.Path;

    /// <summary>Opens the app's operator routes, in the header <c>x-functions-key</c>.</summary>
    public string OperatorKey { get; } = NewKey();

    /// <summary>Starts all of it, or nothing.</summary>
    /// <param name="options">Ports, data, image API.</param>
    /// <param name="say">Told in a sentence what takes time.</param>
    /// <param name="warn">Told each line of the app's log with a warning or an error.</param>
    /// <param name="cancel">Gives up, and stops what was started.</param>
    /// <exception cref="CannotStartException">Why not.</exception>
    public static async Task<Platform> Start(UpOptions options, Action<string> say, Action<string> warn, CancellationToken cancel)
    {
        var platform = new Platform();
        try
        {
            await platform.StartInOrder(options, say, warn, cancel);
            return platform;
        }
        catch
        {
            await platform.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does some work that needs all of it, and stops the work if a part of it ends.</summary>
    /// <returns>Why the work could not be completed, or null.</returns>
    public async Task<string?> WhileItRuns(Func<CancellationToken, Task<string?>> work, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var ended = Task.WhenAny(app!.Ended, azurite!.Ended);
        var working = work(stop.Token);
        var first = await Task.WhenAny(working, ended);

        // Work that talks to an app that ends fails a moment before the app is seen to have ended. And Ctrl+C reaches the app, too.
        if (first == ended) await Task.Delay(CauseLimit, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        else if (working.IsFaulted) await Task.WhenAny(ended, Task.Delay(CauseLimit, CancellationToken.None));
        if (!ended.IsCompleted || cancel.IsCancellationRequested) return await working;

        await stop.CancelAsync();
        await ((Task)working).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (azurite.Ended.IsCompleted) return $"Azurite ended with code {await azurite.Ended}.";
        var lines = app.Lines.TakeLast(LinesQuoted).Prepend($"The app ended with code {await app.Ended}. Its last lines:");
        return string.Join(Environment.NewLine, lines);
    }

    /// <summary>Stops all of it, the app first, as it needs the others until then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (app is not null)
        {
            await app.Stop(AppStopLimit);
            await app.DisposeAsync();
        }

        if (simulator is not null) await simulator.DisposeAsync();
        if (azurite is not null) await azurite.DisposeAsync();
        log?.Dispose();
        // What an app said that did not start was quoted, and is all there is.
        if (app is null && log is not null) File.Delete(log.Path);
        dataLock?.Dispose();
    }

    private async Task StartInOrder(UpOptions options, Action<string> say, Action<string> warn, CancellationToken cancel)
    {
        imageApi = ImageApiAccess.Given(options);
        RefuseTakenPorts.Check(options);
        if (options.DataFolder is { } data) dataLock = LockData(data);
        var modules = await AzuriteInstall.Ensure(Checkout.PathTo("local", "up"), say, cancel);

        say(imageApi is null ? "Starting Azurite, the image API simulator and the app …" : "Starting Azurite and the app …");
        azurite = await Azurite.Start(
            modules, options.BlobPort ?? FreePorts.Find(UpOptions.StoragePorts), options.DataFolder, [Azurite.DefaultAccount], cancel);
        imageApi ??= await StartSimulator(options, cancel);
        var port = options.AppPort ?? FreePorts.Find();
        log = new AppLog(options.LogFile(port), warn);
        var settings = new Dictionary<string, string>
        {
            ["AZURE_FUNCTIONS_ENVIRONMENT"] = "Development",
            ["AzureWebJobsStorage"] = Storage,
            ["ImageApi__BaseUrl"] = imageApi.Url.AbsoluteUri,
            ["Outgoing__AllowLoopback"] = "true",
            ["Audit__CheckpointKey"] = CheckpointKey(options.DataFolder),
            [ImageApiAccess.KeyVariable] = imageApi.Key,
            ["Local__FunctionKey"] = OperatorKey,
            ["Local__MasterKey"] = NewKey(),
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{port}",
        };
        app = await AppProcess.Start(settings, log.Add, cancel);
    }

    private async Task<ImageApiAccess> StartSimulator(UpOptions options, CancellationToken cancel)
    {
        simulator = await Simulator.Start(
            new SimulatorOptions
            {
                Port = options.SimulatorPort ?? 0,
                Latency = options.LatencyFactor,
                SmallImages = options.SmallImages,
            },
            cancel);
        return new ImageApiAccess(simulator.Url, SimulatorOptions.DefaultKey);
    }

    // Azurite itself would let two write to one folder, and both would lose data.
    private static IDisposable LockData(string folder) =>
        FileLock.TryTake(Path.Combine(folder, "up.lock"))
        ?? throw new CannotStartException(
            $"Another `local/up` keeps its data in {folder}: stop it, or choose another folder with --data, or keep none with --memory.");

    /// <summary>Kept with the data, so that a checkpoint of an earlier start still counts.</summary>
    private static string CheckpointKey(string? folder)
    {
        if (folder is null) return NewKey();
        var file = Path.Combine(folder, "checkpoint.key");
        if (!File.Exists(file)) File.WriteAllText(file, NewKey());
        return File.ReadAllText(file);
    }

    private static string NewKey() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
