using System.Reflection;
using System.Runtime.CompilerServices;
using Local.FunctionsWorker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Microsoft.Azure.Functions.Worker.Builder;

public class FunctionsApplication
{
    /// <summary>A builder with the settings of this machine, whose host runs the functions of the caller's assembly here.</summary>
    /// <remarks>On Azure that is the entry assembly, too.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static FunctionsApplicationBuilder CreateBuilder(string[] args)
    {
        var app = Assembly.GetCallingAssembly();
        return Refusal.ExitOn(() => new FunctionsApplicationBuilder(args, new HostSetup { App = app }));
    }
}

/// <summary>Collects settings, services and middlewares, then builds the host.</summary>
public class FunctionsApplicationBuilder : IHostApplicationBuilder, IFunctionsWorkerApplicationBuilder
{
    private readonly LocalHostBuilder builder;

    internal FunctionsApplicationBuilder(string[] args, HostSetup setup) => builder = new LocalHostBuilder(args, setup);

    public IDictionary<object, object> Properties => builder.App.Properties;

    public ConfigurationManager Configuration => builder.Web.Configuration;

    IConfigurationManager IHostApplicationBuilder.Configuration => Configuration;

    public IHostEnvironment Environment => builder.Web.Environment;

    public ILoggingBuilder Logging => builder.Web.Logging;

    public IMetricsBuilder Metrics => builder.Web.Metrics;

    public IServiceCollection Services => builder.Web.Services;

    /// <summary>Finds the functions and checks all that is known before they run.</summary>
    /// <remarks>At fault it prints one line and ends the process with exit code 1.</remarks>
    public IHost Build() => builder.Build();

    public void ConfigureContainer<TContainerBuilder>(
        IServiceProviderFactory<TContainerBuilder> factory, Action<TContainerBuilder>? configure = null)
        where TContainerBuilder : notnull => builder.App.ConfigureContainer(factory, configure);

    public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware)
    {
        builder.Middlewares.Add(middleware);
        return this;
    }

    internal void UseHttp() => builder.HttpIsConfigured = true;
}

public static class FunctionsApplicationBuilderAspNetCoreExtensions
{
    /// <summary>Lets HTTP functions take <c>HttpRequest</c> and return <c>IResult</c> or <c>IActionResult</c>.</summary>
    public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder)
    {
        builder.UseHttp();
        return builder;
    }
}
