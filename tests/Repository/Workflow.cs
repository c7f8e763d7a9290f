using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace Pipeline.Tests.Repository;

/// <summary>A workflow of GitHub Actions, and what it may not do.</summary>
internal sealed partial class Workflow
{
    private readonly string text;
    private readonly YamlMappingNode root;

    private Workflow(string text, YamlMappingNode root)
    {
        this.text = text;
        this.root = root;
    }

    /// <exception cref="YamlDotNet.Core.YamlException">It is no YAML.</exception>
    public static Workflow Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return new Workflow(text, (YamlMappingNode)stream.Documents.Single().RootNode);
    }

    /// <summary>What starts it.</summary>
    public IEnumerable<string> Events => Children(root, "on").Select(entry => entry.Name);

    public IReadOnlyList<(string Name, YamlMappingNode Job)> Jobs =>
        [.. Children(root, "jobs").Select(entry => (entry.Name, (YamlMappingNode)entry.Value))];

    /// <summary>The commands of a job's steps, in their order.</summary>
    public static IReadOnlyList<string> CommandsOf(YamlMappingNode job) =>
        [.. Steps(job).Select(step => Scalar(step, "run")).OfType<string>().Select(command => command.Trim())];

    public static string? RunsOn(YamlMappingNode job) => Scalar(job, "runs-on");

    /// <summary>Each action without a commit and, in a remark, its version; each with two; and whether there are others.</summary>
    public IEnumerable<string> UnpinnedActions()
    {
        var lines = text.Split('\n').Where(line => UsesLine().IsMatch(line)).Select(line => line.Trim()).ToList();
        var pins = lines.Select(line => (Line: line, Pin: Pinned().Match(line))).ToList();
        var unpinned = pins.Where(line => !line.Pin.Success).Select(line => line.Line);
        var twofold = pins.Where(line => line.Pin.Success).GroupBy(line => line.Pin.Groups["action"].Value)
            .Where(pinned => pinned.DistinctBy(line => line.Pin.Groups["commit"].Value).Count() > 1)
            .Select(pinned => $"{pinned.Key} at two commits");

        var used = Jobs.SelectMany(entry => Steps(entry.Job).Append(entry.Job)).Count(step => Scalar(step, "uses") is not null);
        var hidden = used == lines.Count ? Array.Empty<string>() : [$"{used} actions on {lines.Count} lines"];
        return [.. unpinned, .. twofold, .. hidden];
    }

    /// <summary>Each right beyond reading the repository; and whether it leaves the rights to the settings.</summary>
    public IEnumerable<string> Rights()
    {
        if (!root.Children.ContainsKey("permissions")) yield return "no permissions are named";
        foreach (var (name, holder) in Jobs.Select(entry => (entry.Name, entry.Job)).Prepend(("the workflow", root)))
        {
            if (!holder.Children.TryGetValue("permissions", out var permissions)) continue;
            if (permissions is not YamlMappingNode) yield return $"{name}: {permissions}";
            else
            {
                foreach (var right in Children(holder, "permissions").Where(right => $"{right.Name}: {right.Value}" != "contents: read"))
                    yield return $"{name}: {right.Name}: {right.Value}";
            }
        }

        if (text.Contains("secrets.", StringComparison.Ordinal)) yield return "a secret";
        if (Events.Contains("pull_request_target")) yield return "the rights of the repository for a fork's code";
        if (Steps().Any(step => Scalar(step, "uses")?.StartsWith("actions/checkout@", StringComparison.Ordinal) is true
            && !(Children(step, "with").Any(given => given.Name == "persist-credentials" && $"{given.Value}" == "false"))))
            yield return "a checkout that keeps its token";
    }

    /// <summary>Each job without a limit of time.</summary>
    public IEnumerable<string> Unlimited() =>
        Jobs.Where(entry => Scalar(entry.Job, "timeout-minutes") is null).Select(entry => entry.Name);

    /// <summary>Whether a newer run ends an older one.</summary>
    public bool CancelsOlderRuns =>
        Children(root, "concurrency").Any(entry => entry.Name == "cancel-in-progress" && $"{entry.Value}" == "true");

    private IEnumerable<YamlMappingNode> Steps() => Jobs.SelectMany(entry => Steps(entry.Job));

    private static IEnumerable<YamlMappingNode> Steps(YamlMappingNode job) =>
        job.Children.TryGetValue("steps", out var steps) ? ((YamlSequenceNode)steps).Cast<YamlMappingNode>() : [];

    /// <summary>What a mapping has below a name: names and values, or names alone if it is a list or a word.</summary>
    private static IEnumerable<(string Name, YamlNode Value)> Children(YamlMappingNode node, string name) =>
        !node.Children.TryGetValue(name, out var value) ? [] : value switch
        {
            YamlMappingNode mapping => mapping.Select(child => ($"{child.Key}", child.Value)),
            YamlSequenceNode list => list.Select(child => ($"{child}", child)),
            _ => [($"{value}", value)],
        };

    private static string? Scalar(YamlMappingNode node, string name) =>
        node.Children.TryGetValue(name, out var value) ? (value as YamlScalarNode)?.Value : null;

    [GeneratedRegex(@"^\s*(- )?uses:")]
    private static partial Regex UsesLine();

    [GeneratedRegex(@"^(?:- )?uses: (?<action>[\w.-]+/[\w./-]+)@(?<commit>[0-9a-f]{40}) # v\d+\.\d+\.\d+$")]
    private static partial Regex Pinned();
}
