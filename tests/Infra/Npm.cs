using System.Diagnostics;
using Local.Up;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Infra;

/// <summary>Scripts in <c>grammar/</c>, with the packages from npm that its lock file pins.</summary>
internal static class Npm
{
    /// <summary>Runs one to its end, which must be a good one, and gives what it printed.</summary>
    public static async Task<string> Run(string script, IEnumerable<string> arguments, string input = "")
    {
        await Install();
        var start = new ProcessStartInfo("node", [PathTo(script), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using var node = Process.Start(start)!;
        var printed = node.StandardOutput.ReadToEndAsync();
        await node.StandardInput.WriteAsync(input);
        node.StandardInput.Close();
        await node.WaitForExitAsync();
        Assert.That(node.ExitCode, Is.Zero);
        return await printed;
    }

    private static async Task Install()
    {
        // Two fixtures may find them missing at once: one installs, the other waits.
        using var _ = await FileLock.Take(Checkout.PathTo(".local", "npm.lock"), CancellationToken.None);
        // npm writes this file last. The time of one that is not there is before all others.
        var installed = File.GetLastWriteTimeUtc(PathTo("node_modules", ".package-lock.json"));
        if (installed >= File.GetLastWriteTimeUtc(PathTo("package-lock.json"))) return;
        string[] ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
        var none = new Dictionary<string, string>();
        if (OperatingSystem.IsWindows()) await Programs.Run("cmd.exe", ["/c", "npm", .. ci], none, PathTo());
        else await Programs.Run("npm", ci, none, PathTo());
    }

    private static string PathTo(params string[] parts) => Checkout.PathTo(["tests", "Infra", "grammar", .. parts]);
}
