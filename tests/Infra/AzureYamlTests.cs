using System.Text.RegularExpressions;
using Local.Up;

namespace Pipeline.Tests.Infra;

/// <summary>What azd reads. It is YAML of one shape, so it is read line by line.</summary>
public sealed partial class AzureYamlTests
{
    private static readonly string Text = File.ReadAllText(Checkout.PathTo("azure.yaml"));

    [Test]
    public void Its_paths_lead_somewhere()
    {
        Assert.That(Directory.Exists(Checkout.PathTo(Value("path"))), Is.True);
        Assert.That(File.Exists(Checkout.PathTo(Value("path"), Value("module") + ".bicep")), Is.True);
        Assert.That(Directory.Exists(Checkout.PathTo(Value("project"))), Is.True);
        Assert.That(Commands().Select(command => command.Split(' ')[3]).Where(path => !Directory.Exists(Checkout.PathTo(path))), Is.Empty);
    }

    [Test]
    public void Hooks_run_alike_on_every_system()
    {
        var posix = Commands("posix: { shell: sh,");

        Assert.That(posix, Has.Count.EqualTo(2));
        Assert.That(Commands("windows: { shell: pwsh,"), Is.EqualTo(posix));
    }

    /// <summary>Azd itself would publish the build for one machine: so it publishes nothing, and deploys what the hook made.</summary>
    [Test]
    public void What_is_deployed_is_made_by_the_hook_alone()
    {
        var maker = File.ReadAllText(Checkout.PathTo("infra", "hooks", "MakePackage.cs"));

        Assert.That(Value("language"), Is.EqualTo("custom"));
        Assert.That(maker, Does.Contain("-p:AzureBuild=true"));
        Assert.That(maker, Does.Contain($"PathTo(\"{Value("dist").Replace("/", "\", \"", StringComparison.Ordinal)}\")"));
    }

    [Test]
    public void The_build_for_one_machine_refuses_to_be_published() => Assert.That(
        File.ReadAllText(Checkout.PathTo("functions", "Pipeline.Functions.csproj")),
        Does.Match("""BeforeTargets="PrepareForPublish" Condition="'\$\(AzureBuild\)' != 'true'">\s*<Error """));

    private static string Value(string name) => Regex.Match(Text, $@"^ +{name}: (\S+)$", RegexOptions.Multiline).Groups[1].Value;

    private static List<string> Commands(string before = "") => [.. Text.Split('\n')
        .Where(line => line.Contains(before, StringComparison.Ordinal))
        .Select(line => Run().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)];

    [GeneratedRegex(@"run: (dotnet run --project [^,}]+?)(?:,| })")]
    private static partial Regex Run();
}
