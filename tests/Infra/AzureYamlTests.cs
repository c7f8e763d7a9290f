using Local.Up;
using YamlDotNet.RepresentationModel;

namespace Pipeline.Tests.Infra;

/// <summary>What azd reads.</summary>
public sealed class AzureYamlTests
{
    private static readonly YamlNode Yaml = Read();

    private static YamlNode App => Yaml["services"]["app"];

    [Test]
    public void Its_paths_lead_somewhere()
    {
        var infra = Text(Yaml["infra"]["path"]);

        Assert.That(Path.Exists(Checkout.PathTo(infra, Text(Yaml["infra"]["module"]) + ".bicep")), Is.True);
        Assert.That(Path.Exists(Checkout.PathTo(Text(App["project"]), "azure.yaml")), Is.True);
        Assert.That(Hooks().Select(hook => Text(hook["posix"]["run"]).Split(' ')), Has.All.Matches<string[]>(command =>
            command is ["dotnet", "run", "--project", var project, "--", "package" or "after-deploy"]
            && Path.Exists(Checkout.PathTo(project))));
    }

    [Test]
    public void Hooks_run_alike_on_every_system()
    {
        Assert.That(Hooks().Count(), Is.EqualTo(2));
        foreach (var hook in Hooks())
        {
            Assert.That(Text(hook["posix"]["shell"]), Is.EqualTo("sh"));
            Assert.That(Text(hook["windows"]["shell"]), Is.EqualTo("pwsh"));
            Assert.That(Text(hook["windows"]["run"]), Is.EqualTo(Text(hook["posix"]["run"])));
        }
    }

    /// <summary>Azd itself would publish the build for one machine: so it publishes nothing, and deploys what the hook made.</summary>
    [Test]
    public void What_is_deployed_is_made_by_the_hook_alone()
    {
        var maker = File.ReadAllText(Checkout.PathTo("infra", "hooks", "MakePackage.cs"));

        Assert.That(Text(App["language"]), Is.EqualTo("custom"));
        Assert.That(maker, Does.Contain("-p:AzureBuild=true"));
        Assert.That(maker, Does.Contain($"PathTo(\"{Text(App["dist"]).Replace("/", "\", \"", StringComparison.Ordinal)}\")"));
    }

    /// <summary>An older one stops and says which it must be, instead of saying that it does not know the language.</summary>
    [Test]
    public void The_oldest_azd_that_can_do_it_is_required_and_told()
    {
        var oldest = Version.Parse(Text(Yaml["requiredVersions"]["azd"]).Replace(">= ", "", StringComparison.Ordinal));

        Assert.That(oldest, Is.EqualTo(new Version(1, 20, 0)), "https://github.com/Azure/azure-dev/blob/main/cli/azd/CHANGELOG.md");
        Assert.That(File.ReadAllText(Checkout.PathTo("infra", "README.md")), Does.Contain($"aka.ms/azd) {oldest.ToString(2)} or later"));
    }

    [Test]
    public void The_build_for_one_machine_refuses_to_be_published() => Assert.That(
        File.ReadAllText(Checkout.PathTo("functions", "Pipeline.Functions.csproj")),
        Does.Match("""BeforeTargets="PrepareForPublish" Condition="'\$\(AzureBuild\)' != 'true'">\s*<Error """));

    private static IEnumerable<YamlNode> Hooks() => [App["hooks"]["prepackage"], Yaml["hooks"]["postdeploy"]];

    private static string Text(YamlNode node) => ((YamlScalarNode)node).Value!;

    private static YamlNode Read()
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(Checkout.PathTo("azure.yaml"))));
        return yaml.Documents[0].RootNode;
    }
}
