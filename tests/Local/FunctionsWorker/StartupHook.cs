using Local.FunctionsWorker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using Pipeline.Tests.FunctionsWorker;

/// <summary>An app in a process of its own.</summary>
/// <remarks>
/// .NET runs this before <c>Main</c> where <c>DOTNET_STARTUP_HOOKS</c> names this assembly.
/// .NET prescribes the name, and that it is in no namespace. It spares a project that would exist only to be sent signals.
/// </remarks>
#pragma warning disable CA1050
internal static class StartupHook
#pragma warning restore CA1050
{
    public static void Initialize()
    {
        var builder = Refusal.ExitOn(() => new FunctionsApplicationBuilder(
            Environment.GetEnvironmentVariable(ProcessTests.Arguments)!.Split(' '),
            new HostSetup
            {
                Directory = Environment.GetEnvironmentVariable(ProcessTests.Folder)!,
                FunctionTypes = [typeof(ProcessTests.Stubborn)],
            }));
        builder.ConfigureFunctionsWebApplication();
        builder.Build().Run();
        Environment.Exit(0);
    }
}
