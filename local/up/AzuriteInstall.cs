using System.Diagnostics;

namespace Local.Up;

/// <summary>Installs Azurite from npm, at the version that <c>local/up/package-lock.json</c> pins.</summary>
public static class AzuriteInstall
{
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(5);

    /// <summary>The <c>node_modules</c> folder that holds Azurite, installed if it was not there.</summary>
    /// <param name="folder">The folder with <c>package.json</c> and <c>package-lock.json</c>.</param>
    /// <param name="progress">Told in a sentence what takes time.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="CannotStartException">npm is missing or failed; the message says what it printed.</exception>
    public static async Task<string> Ensure(string folder, Action<string> progress, CancellationToken cancel)
    {
        var modules = Path.Combine(folder, "node_modules");
        if (IsInstalled(modules)) return modules;

        // Two programs of one checkout may find it missing at once (the demo and the tests): one installs, the other waits.
        using var _ = await FileLock.Take(Checkout.PathTo(".local", "npm.lock"), cancel);
        if (IsInstalled(modules)) return modules;

        progress("Installing Azurite from npm, once; it takes about a minute …");
        await Npm(folder, cancel);
        return modules;
    }

    // npm writes this file when everything else is in place, so that an install that was interrupted is done again.
    private static bool IsInstalled(string modules) =>
        File.Exists(Path.Combine(modules, ".package-lock.json"))
        && File.Exists(Path.Combine(modules, "azurite", "dist", "src", "azurite.js"));

    private static async Task Npm(string folder, CancellationToken cancel)
    {
        string[] ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        // On Windows npm is a command file, which only the shell finds.
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo("cmd.exe", ["/c", "npm", .. ci])
            : new ProcessStartInfo("npm", ci);
        start.WorkingDirectory = folder;

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(InstallLimit);
        await using var npm = ChildProcess.Start(
            start, onLine: null, "npm was not found: install Node.js 20 or later, which brings it, and try again.");
        try
        {
            var code = await npm.Ended.WaitAsync(limit.Token);
            if (code != 0) throw new CannotStartException($"npm ci in {folder} ended with code {code}:{Environment.NewLine}{npm.Printed}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CannotStartException(
                $"npm ci in {folder} took more than {InstallLimit.TotalMinutes} minutes:{Environment.NewLine}{npm.Printed}");
        }
    }
}
