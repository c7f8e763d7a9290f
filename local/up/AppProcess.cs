using System.Diagnostics;
using System.Reflection;

namespace Local.Up;

/// <summary>The app as a process of its own, as <c>dotnet build</c> made it: the same program that Azure Functions would run.</summary>
/// <remarks>It stops by itself when the process that started it is gone, also if that was killed.</remarks>
public sealed class AppProcess : IAsyncDisposable
{
    private const string Urls = "ASPNETCORE_URLS";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    /// <summary>The app gives what is in flight 10 s.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(50);

    private readonly ChildProcess child;

    private AppProcess(ChildProcess child, Uri url)
    {
        this.child = child;
        Url = url;
    }

    /// <summary>Where it listens, with a slash at the end.</summary>
    public Uri Url { get; }

    /// <summary>Its process id.</summary>
    public int Id => child.Id;

    /// <summary>The last 10,000 lines it printed, of both streams: its log, and at the start its functions.</summary>
    public IReadOnlyList<string> Lines => child.Printed.Read();

    /// <summary>Completes with its exit code when it has ended, for whatever reason, and all its lines are read.</summary>
    public Task<int> Ended => child.Ended;

    /// <summary>Starts the app and waits until it answers on <c>/v1/health</c>, be it 200 or 503.</summary>
    /// <param name="settings">
    /// Environment variables by their full names, <c>Jobs__AttemptsMax</c>, above those of this process. <c>AzureWebJobsStorage</c> and
    /// <c>ImageApi__Key</c> are needed. Without <c>ASPNETCORE_URLS</c> it takes a free port of 127.0.0.1.
    /// </param>
    /// <param name="cancel">Gives up, and ends it.</param>
    /// <exception cref="CannotStartException">
    /// It ended, was not built, or did not answer within a minute; the message has what it printed.
    /// </exception>
    public static Task<AppProcess> Start(IReadOnlyDictionary<string, string> settings, CancellationToken cancel) =>
        Start(settings, onLine: null, cancel);

    /// <summary>As above.</summary>
    /// <param name="settings">As above.</param>
    /// <param name="onLine">Told each line it prints, one at a time.</param>
    /// <param name="cancel">As above.</param>
    public static async Task<AppProcess> Start(
        IReadOnlyDictionary<string, string> settings, Action<string>? onLine, CancellationToken cancel)
    {
        var url = settings.GetValueOrDefault(Urls) ?? $"http://127.0.0.1:{FreePorts.Find()}";
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [Program()]);
        foreach (var (name, value) in settings) start.Environment[name] = value;
        start.Environment[Urls] = url;
        start.Environment["Local__StopsWithInput"] = "true";

        var child = ChildProcess.Start(start, onLine, "dotnet was not found: add the folder of the .NET SDK to PATH and try again.");
        try
        {
            var app = new AppProcess(child, new Uri(url));
            await app.WaitUntilItAnswers(cancel);
            return app;
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it at once, as a crash of the machine would (<c>kill -9</c>), and waits until it is gone.</summary>
    public async Task Kill()
    {
        child.Kill();
        await child.Ended;
    }

    /// <summary>Asks it to stop as Azure does (SIGTERM) and gives its exit code; after 15 s it is killed.</summary>
    public Task<int> Stop() => Stop(StopLimit);

    /// <summary>As above.</summary>
    /// <param name="limit">How long it may take before it is killed.</param>
    public Task<int> Stop(TimeSpan limit)
    {
        child.Terminate();
        return child.EndWithin(limit);
    }

    /// <summary>Kills it if it still runs.</summary>
    public ValueTask DisposeAsync() => child.DisposeAsync();

    /// <summary>The app of this checkout, in the configuration that this assembly was built in: they are built together.</summary>
    private static string Program()
    {
        var configuration = typeof(AppProcess).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var program = Checkout.PathTo("functions", "bin", configuration, "net10.0", "Pipeline.Functions.dll");
        return File.Exists(program)
            ? program
            : throw new CannotStartException($"{program} is missing: build it with `dotnet build local/up -c {configuration}`.");
    }

    private async Task WaitUntilItAnswers(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(StartLimit);
        using var http = new HttpClient();
        try
        {
            while (!await Answers(http, limit.Token))
            {
                if (child.Ended.IsCompleted)
                    throw new CannotStartException($"The app ended with code {await child.Ended}:{Environment.NewLine}{child.Printed}");
                await Task.WhenAny(child.Ended, Task.Delay(AskAgainAfter, limit.Token));
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CannotStartException(
                $"The app did not answer within {StartLimit.TotalSeconds} s:{Environment.NewLine}{child.Printed}");
        }
    }

    private async Task<bool> Answers(HttpClient http, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri(Url, "v1/health"), cancel);
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
