using System.Diagnostics;
using Local.Up;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Infra;

/// <summary>
/// The Bicep files by their grammar, with <c>tree-sitter-bicep</c> from npm. It finds less than the compiler, but on every machine that
/// runs the other tests.
/// </summary>
public sealed class GrammarTests
{
    [OneTimeSetUp]
    public static async Task Install()
    {
        using var _ = await FileLock.Take(Checkout.PathTo(".local", "npm.lock"), CancellationToken.None);
        // npm writes this file last.
        if (File.Exists(PathTo("node_modules", ".package-lock.json"))) return;
        string[] ci = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"];
        var none = new Dictionary<string, string>();
        if (OperatingSystem.IsWindows()) await Programs.Run("cmd.exe", ["/c", "npm", .. ci], none, PathTo());
        else await Programs.Run("npm", ci, none, PathTo());
    }

    [Test]
    public async Task Every_file_is_Bicep() =>
        Assert.That(await Faults([.. Bicep.Files.Select(file => Checkout.PathTo("infra", file))]), Is.Empty);

    [Test]
    public async Task What_is_not_Bicep_is_found_where_it_is()
    {
        var folder = Directory.CreateTempSubdirectory("pipeline-grammar-");
        var file = Path.Combine(folder.FullName, "broken.bicep");
        await File.WriteAllTextAsync(file, "param name string\n\nresource account 'a' = {\n  name: name,,\n}\n");

        Assert.That(await Faults(file), Does.StartWith(file + ":"));
        folder.Delete(recursive: true);
    }

    private static async Task<string> Faults(params string[] files)
    {
        var start = new ProcessStartInfo("node", [PathTo("check.mjs"), .. files]) { RedirectStandardOutput = true };
        using var node = Process.Start(start)!;
        var faults = await node.StandardOutput.ReadToEndAsync();
        await node.WaitForExitAsync();
        Assert.That(node.ExitCode, Is.Zero);
        return faults;
    }

    private static string PathTo(params string[] parts) => Checkout.PathTo(["tests", "Infra", "grammar", .. parts]);
}
