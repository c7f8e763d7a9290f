using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.ApplicationParts;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Local.FunctionsWorker;

/// <summary>Builds a web host whose last services to start are the triggers' listeners, then HTTP.</summary>
internal sealed class LocalHostBuilder
{
    /// <summary>That of Azure Functions.</summary>
    private const long RequestBodyBytesMax = 100 * 1024 * 1024;

    private const string SiteName = "WEBSITE_HOSTNAME";

    private readonly HostSetup setup;

    public LocalHostBuilder(string[] args, HostSetup setup)
    {
        this.setup = setup;
        var environment = Environment.GetEnvironmentVariable("AZURE_FUNCTIONS_ENVIRONMENT");
        Web = WebApplication.CreateEmptyBuilder(new WebApplicationOptions
        {
            ContentRootPath = setup.Directory,
            EnvironmentName = string.IsNullOrWhiteSpace(environment) ? Environments.Development : environment,
        });
        AddSettings(args);
        AddLogging();
        AddServices();
    }

    public WebApplicationBuilder Web { get; }

    public IHostApplicationBuilder App => Web;

    public List<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> Middlewares { get; } = [];

    public bool HttpIsConfigured { get; set; }

    public IHost Build() => setup.ExitsOnRefusal ? Refusal.ExitOn(Assemble) : Assemble();

    private LocalHost Assemble()
    {
        var hostJson = HostJson.Read(setup.Directory, Web.Configuration, Web.Environment.IsDevelopment());
        var functions = FunctionDiscovery.Find(setup.TypesToScan, Web.Configuration);
        if (!HttpIsConfigured && functions.FirstOrDefault(function => function.Trigger is HttpRoute) is { } http)
            throw RefusedException.Of(http.Name, $"an HTTP trigger needs builder.ConfigureFunctionsWebApplication() in Program.cs.");

        var pipeline = new InvocationPipeline(Middlewares);
        Web.Services.AddSingleton(hostJson);
        Web.Services.AddSingleton(functions);
        Web.Services.AddSingleton(pipeline);
        Web.Services.AddSingleton(AccessKeys.From(Web.Configuration));
        Web.Services.AddHostedService<Listeners>();
        Web.WebHost.UseUrls(Urls);
        var app = Web.Build();
        HttpEndpoints.Map(app, functions, hostJson.Http);
        return new LocalHost(app, setup);
    }

    private void AddSettings(string[] args)
    {
        Web.Configuration.AddInMemoryCollection(LocalSettings.Read(setup.Directory));
        Web.Configuration.AddEnvironmentVariables();
        Web.Configuration.AddCommandLine(args);
        Web.Configuration.AddInMemoryCollection(setup.Settings);
        // As Azure and Core Tools do, so that an app can tell its own address where it answers no request.
        if (Web.Configuration[SiteName] is null && Uri.TryCreate(Urls.Split(';')[0], UriKind.Absolute, out var url))
            Web.Configuration[SiteName] = url.Authority;
    }

    private string Urls => Web.Configuration["urls"] ?? Web.Configuration["ASPNETCORE_URLS"] ?? "http://127.0.0.1:7071";

    private void AddLogging()
    {
        // The framework's own lines for each request would drown the functions'; host.json may ask for them.
        Web.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        Web.Logging.AddConfiguration(HostJson.LoggingSection(setup.Directory, Web.Configuration));
        Web.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
        });
    }

    private void AddServices()
    {
        var services = Web.Services;
        Web.WebHost.UseKestrelCore();
        Web.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = RequestBodyBytesMax;
        });
        if (Web.Environment.IsDevelopment())
            App.ConfigureContainer(new DefaultServiceProviderFactory(new() { ValidateOnBuild = true, ValidateScopes = true }));
        services.AddRouting();
        // Only to execute an IActionResult: an empty set of parts keeps MVC from scanning the app for controllers.
        services.AddSingleton(new ApplicationPartManager());
        services.AddMvcCore();
        services.Configure<JsonSerializerOptions>(json => json.PropertyNameCaseInsensitive = true);
        services.AddSingleton<IPostConfigureOptions<WorkerOptions>, DefaultSerializer>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = setup.Times.ShutdownGrace);
        services.AddSingleton(setup);
        services.AddSingleton<StorageAccounts>();
        services.AddSingleton<HostLife>();
        services.AddSingleton<Invoker>();
        services.AddSingleton<HttpInvoker>();
        services.AddSingleton<QueueMessageFlow>();
        services.AddSingleton<BlobFlow>();
        if (Web.Configuration.GetValue<bool>(StopWithInput.Setting)) services.AddHostedService<StopWithInput>();
    }
}
