using Local.FunctionsWorker;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Pipeline.Tests.FunctionsWorker;

/// <summary>An app of a few functions, started on a free port, with a <c>host.json</c> of its own.</summary>
internal sealed class LocalApp : IAsyncDisposable
{
    private readonly IHost host;
    private readonly string directory;

    private LocalApp(IHost host, string directory, string output)
    {
        this.host = host;
        this.directory = directory;
        Output = output;
        var addresses = host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!;
        Http = new HttpClient { BaseAddress = new Uri(addresses.Addresses.First()) };
    }

    public HttpClient Http { get; }

    public string Output { get; }

    public IServiceProvider Services => host.Services;

    /// <summary>Builds and starts the app.</summary>
    /// <param name="functions">The classes that have the functions.</param>
    /// <param name="configure">What <c>Program.cs</c> would do.</param>
    /// <param name="setup">Changes what tests replace.</param>
    /// <param name="hostJson">The text of <c>host.json</c>.</param>
    /// <param name="localSettings">The text of <c>local.settings.json</c>; null for none.</param>
    /// <param name="urls">Where to listen; a free port by default.</param>
    /// <param name="settings">Settings above the environment's.</param>
    public static async Task<LocalApp> Start(
        IReadOnlyList<Type> functions,
        Action<FunctionsApplicationBuilder>? configure = null,
        Func<HostSetup, HostSetup>? setup = null,
        string hostJson = """{ "version": "2.0", "extensions": { "http": { "routePrefix": "" } } }""",
        string? localSettings = null,
        string urls = "http://127.0.0.1:0",
        params IReadOnlyList<(string Name, string? Value)> settings)
    {
        var directory = Directory.CreateTempSubdirectory("local-app-").FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "host.json"), hostJson);
        if (localSettings is not null) await File.WriteAllTextAsync(Path.Combine(directory, "local.settings.json"), localSettings);
        var output = new StringWriter();
        var plain = new HostSetup
        {
            Directory = directory,
            FunctionTypes = functions,
            Name = "tests",
            ExitsOnRefusal = false,
            Output = output,
            Settings = settings.ToDictionary(setting => setting.Name, setting => setting.Value),
        };
        IHost? host = null;
        try
        {
            var builder = new FunctionsApplicationBuilder(["--urls", urls], setup is null ? plain : setup(plain));
            builder.ConfigureFunctionsWebApplication();
            configure?.Invoke(builder);
            host = builder.Build();
            await host.StartAsync();
            return new LocalApp(host, directory, output.ToString());
        }
        catch
        {
            host?.Dispose();
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    public bool IsStopping => Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;

    public Task Stop() => host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await host.StopAsync();
        host.Dispose();
        Directory.Delete(directory, recursive: true);
    }
}
