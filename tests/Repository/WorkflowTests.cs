using System.Text.RegularExpressions;
using Local.Up;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Pipeline.Tests.Repository;

/// <summary>What runs on GitHub for each change: the README's commands, on pinned actions, with the right to read and no other.</summary>
public sealed partial class WorkflowTests
{
    private static readonly Dictionary<string, Workflow> Workflows =
        Directory.EnumerateFiles(Checkout.PathTo(".github", "workflows")).ToDictionary(
            file => Path.GetFileName(file), file => Workflow.Parse(File.ReadAllText(file)));

    private static Workflow Ci => Workflows["ci.yml"];

    [Test]
    public void Every_action_is_pinned_to_a_commit_with_its_version_in_a_remark() =>
        Assert.That(Workflows.SelectMany(workflow => workflow.Value.UnpinnedActions()), Is.Empty);

    [Test]
    public void A_workflow_may_read_and_nothing_else() =>
        Assert.That(Workflows.SelectMany(workflow => workflow.Value.Rights()), Is.Empty);

    [Test]
    public void Every_job_has_a_limit_of_time() =>
        Assert.That(Workflows.SelectMany(workflow => workflow.Value.Unlimited()), Is.Empty);

    [Test]
    public void Pushes_and_pull_requests_are_checked_and_a_newer_one_ends_the_older_run()
    {
        Assert.That(Ci.Events, Is.EquivalentTo((string[])["push", "pull_request"]));
        Assert.That(Ci.CancelsOlderRuns);
    }

    [Test]
    public void The_READMEs_two_commands_run_as_they_stand_in_their_order()
    {
        var readme = ShellBlock().Matches(File.ReadAllText(Checkout.PathTo("README.md"))).Select(match => match.Groups[1].Value.Trim())
            .Take(2).ToList();
        Assert.That(readme[0], Does.EndWith("--demo"));
        Assert.That(readme[1], Does.StartWith("dotnet test"));

        var onLinux = Ci.Jobs.Where(entry => Workflow.RunsOn(entry.Job) == "ubuntu-latest").Select(entry => Workflow.CommandsOf(entry.Job));
        Assert.That(onLinux, Has.Some.EqualTo(readme));
    }

    [TestCase("dotnet publish functions -p:AzureBuild=true -o publish")]
    [TestCase("dotnet format Pipeline.sln --verify-no-changes --no-restore")]
    public void The_commands_of_the_documents_run_as_they_stand(string command) =>
        Assert.That(Ci.Jobs.SelectMany(entry => Workflow.CommandsOf(entry.Job)), Does.Contain(command));

    /// <summary>Dependabot looks only where there is something to look at.</summary>
    [TestCase("github-actions", "/", ".github/workflows/ci.yml")]
    [TestCase("nuget", "/", "Directory.Packages.props")]
    [TestCase("npm", "/local/up", "local/up/package-lock.json")]
    [TestCase("npm", "/tests/Infra/grammar", "tests/Infra/grammar/package-lock.json")]
    public void Updates_are_asked_for_where_versions_are(string ecosystem, string folder, string file)
    {
        var updates = new YamlStream();
        updates.Load(new StringReader(File.ReadAllText(Checkout.PathTo(".github", "dependabot.yml"))));
        var entries = ((YamlSequenceNode)updates.Documents[0].RootNode["updates"])
            .Select(entry => $"{entry["package-ecosystem"]} {entry["directory"]}");

        Assert.That(entries, Does.Contain($"{ecosystem} {folder}"));
        Assert.That(Path.Exists(Checkout.PathTo(file.Split('/'))));
    }

    [TestCase("- uses: actions/checkout@v6", "- uses: actions/checkout@v6", TestName = "A_tag_is_found")]
    [TestCase("- uses: actions/checkout@main # v6.0.2", "- uses: actions/checkout@main # v6.0.2", TestName = "A_branch_is_found")]
    [TestCase(
        "- uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd",
        "- uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd", TestName = "A_commit_without_its_version_is_found")]
    [TestCase("- uses: actions/checkout@de0fac2 # v6", "- uses: actions/checkout@de0fac2 # v6", TestName = "A_short_commit_is_found")]
    [TestCase("- { uses: actions/checkout@v6 }", "1 actions on 0 lines", TestName = "An_action_within_a_line_is_found")]
    [TestCase(
        """
        - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
              - uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        """,
        "actions/checkout at two commits", TestName = "Two_commits_of_one_action_are_found")]
    public void What_is_not_pinned_is_found(string step, string fault) =>
        Assert.That(Sample($"steps:\n      {step}").UnpinnedActions(), Is.EqualTo((string[])[fault]));

    [TestCase("steps: []", "permissions: write-all", "the workflow: write-all")]
    [TestCase("steps: []", "permissions: { contents: write }", "the workflow: contents: write")]
    [TestCase("steps: []", "permissions: { contents: read, id-token: write }", "the workflow: id-token: write")]
    [TestCase("permissions: { packages: write }", "permissions: { contents: read }", "work: packages: write")]
    [TestCase("steps: []", "env: {}", "no permissions are named")]
    [TestCase("steps: [{ run: 'echo ${{ secrets.KEY }}' }]", "permissions: { contents: read }", "a secret")]
    [TestCase("steps: [{ uses: actions/checkout@v6 }]", "permissions: { contents: read }", "a checkout that keeps its token")]
    public void A_right_too_many_is_found(string job, string top, string fault) =>
        Assert.That(Sample(job, top).Rights(), Is.EqualTo((string[])[fault]));

    [Test]
    public void A_job_without_a_limit_is_found() => Assert.That(Sample("steps: []").Unlimited(), Is.EqualTo((string[])["work"]));

    [Test]
    public void A_file_that_is_no_YAML_is_found() =>
        Assert.That(() => Workflow.Parse("on: push\n jobs: ["), Throws.InstanceOf<YamlException>());

    private static Workflow Sample(string job, string top = "permissions: { contents: read }") =>
        Workflow.Parse($"on: push\n{top}\njobs:\n  work:\n    runs-on: ubuntu-latest\n    {job}\n");

    [GeneratedRegex(@"^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex ShellBlock();
}
