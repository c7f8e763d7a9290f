using System.Diagnostics;
using System.Reflection;
using Local.Up;

namespace Pipeline.Tests.Infra;

/// <summary>A program of <c>infra/</c>, as it was built along with the tests.</summary>
internal static class BuiltProgram
{
    /// <param name="path">Its assembly, from its folder on: <c>hooks/Pipeline.Hooks</c>.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="environment">What is different from that of the tests.</param>
    /// <param name="folder">Where it works.</param>
    /// <returns>Its exit code and all that it printed, of both streams.</returns>
    public static async Task<(int Code, string Printed)> Run(
        string path, IEnumerable<string> arguments, IEnumerable<KeyValuePair<string, string?>> environment, string folder)
    {
        var configuration = typeof(BuiltProgram).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var parts = path.Split('/');
        var program = Checkout.PathTo("infra", parts[0], "bin", configuration, "net10.0", parts[1] + ".dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var printed = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, printed + await errors);
    }
}
