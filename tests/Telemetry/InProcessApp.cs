using System.Diagnostics;
using Local.ImageApi;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Pipeline.Tests.Telemetry;

/// <summary>
/// The app itself, by its own Program.cs, in the process of the tests: what it does there can be listened to. The host that Program.cs
/// builds is caught as it is announced, as ASP.NET's own test host does it.
/// </summary>
internal sealed class InProcessApp : IAsyncDisposable
{
    private readonly IHost host;
    private readonly Task<int> program;

    private InProcessApp(IHost host, Task<int> program, string storage)
    {
        Storage = storage;
        this.host = host;
        this.program = program;
        var addresses = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Http = new HttpClient { BaseAddress = new Uri(addresses.Addresses.Single()) };
    }

    public HttpClient Http { get; }

    /// <summary>The connection string of its storage account.</summary>
    public string Storage { get; }

    public static async Task<InProcessApp> Start(Simulator imageApi, params (string Name, string Value)[] changes)
    {
        var settings = new Dictionary<string, string>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["AzureWebJobsStorage"] = Tests.Storage.NewAccount(),
            ["ImageApi:BaseUrl"] = imageApi.Url.AbsoluteUri,
            ["ImageApi:Key"] = SimulatorOptions.DefaultKey,
            ["ImageApi:QuickRetries"] = "00:00:00",
            ["Jobs:RetryDelay"] = "00:00:00",
            ["Outgoing:AllowLoopback"] = "true",
            ["Local:FunctionKey"] = Apps.App.OperatorKey,
        };
        foreach (var (name, value) in changes) settings[name] = value;
        using var built = new BuiltHost();
        var program = Task.Factory.StartNew(
            () =>
            {
                BuiltHost.Wanted.Value = built;
                var main = typeof(Settings).Assembly.EntryPoint!;
                return (int)main.Invoke(null, [settings.Select(setting => $"--{setting.Key}={setting.Value}").ToArray()])!;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        if (await Task.WhenAny(built.Host, program) == program)
            throw new InvalidOperationException($"The app ended with {await program} before it was built.");
        var host = await built.Host;
        var started = new TaskCompletionSource();
        var life = host.Services.GetRequiredService<IHostApplicationLifetime>();
        using var registration = life.ApplicationStarted.Register(started.SetResult);
        await started.Task;
        return new InProcessApp(host, program, settings["AzureWebJobsStorage"]);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        host.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.That(await program, Is.Zero);
    }

    /// <summary>Hears of hosts that are built, and keeps the one of its own flow.</summary>
    private sealed class BuiltHost : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        public static readonly AsyncLocal<BuiltHost?> Wanted = new();

        private readonly TaskCompletionSource<IHost> built = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<IDisposable> subscriptions = [];

        public BuiltHost() => subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));

        public Task<IHost> Host => built.Task;

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting" && Wanted.Value == this) subscriptions.Add(value.Subscribe(this));
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilt", Value: IHost host } && Wanted.Value == this) built.TrySetResult(host);
        }

        public void OnError(Exception error) => built.TrySetException(error);

        public void OnCompleted()
        {
        }

        public void Dispose() => subscriptions.ForEach(subscription => subscription.Dispose());
    }
}
