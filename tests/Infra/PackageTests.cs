using Local.Up;

namespace Pipeline.Tests.Infra;

/// <summary>The hook that publishes the app for azd.</summary>
public sealed class PackageTests
{
    private const string Good = "host.json worker.config.json functions.metadata .azurefunctions Microsoft.Azure.Functions.Worker.Core.dll";

    /// <summary>Makes the files that it is told, in the folder that is its last argument.</summary>
    private const string Dotnet =
        """
        case "$*" in
          "publish $ROOT/functions --configuration Release -p:AzureBuild=true --output $ROOT/functions/bin-azure/package") ;;
          *) echo "unexpected: dotnet $*" >&2; exit 64 ;;
        esac
        mkdir -p "$ROOT/functions/bin-azure/package" && cd "$ROOT/functions/bin-azure/package" && touch $FILES
        """;

    [Test]
    public async Task What_was_published_for_Azure_is_deployed()
    {
        var stale = Checkout.PathTo("functions", "bin-azure", "package", "stale.dll");
        Directory.CreateDirectory(Path.GetDirectoryName(stale)!);
        await File.WriteAllTextAsync(stale, "");

        var (code, printed) = await Package(Good);

        Assert.That(code, Is.Zero, printed);
        Assert.That(File.Exists(stale), Is.False);
    }

    [TestCase("host.json Local.FunctionsWorker.dll", "lacks worker.config.json, functions.metadata, .azurefunctions, Microsoft.Azure")]
    [TestCase(Good + " Local.FunctionsWorker.dll", "has Local.FunctionsWorker.dll, which must not be deployed")]
    [TestCase(Good + " local.settings.json", "has local.settings.json, which must not be deployed")]
    public async Task What_cannot_run_on_Azure_or_must_not_be_there_is_not_deployed(string files, string reason)
    {
        var (code, printed) = await Package(files);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(printed, Does.Contain(reason));
    }

    [Test]
    public async Task Without_the_Azure_CLI_nothing_is_begun()
    {
        var (code, printed) = await Package(Good, hasAz: false);

        Assert.That(code, Is.EqualTo(1));
        Assert.That(printed, Does.Contain("az version"));
    }

    private static async Task<(int Code, string Printed)> Package(string files, bool hasAz = true)
    {
        using var hook = new HookProcess();
        hook.Fake("az", hasAz ? "exit 0" : "exit 1");
        hook.Environment["DOTNET_HOST_PATH"] = hook.Fake("dotnet", Dotnet);
        hook.Environment["ROOT"] = Checkout.Root;
        hook.Environment["FILES"] = files;
        var result = await hook.Run("package");
        // Nobody is to deploy it.
        var folder = Checkout.PathTo("functions", "bin-azure", "package");
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        return result;
    }
}
