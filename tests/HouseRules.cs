using System.Text.RegularExpressions;
using Local.Up;

namespace Pipeline.Tests;

/// <summary>What the compiler and its analyzers do not see to: sizes, arrows between folders, words.</summary>
public sealed partial class HouseRules
{
    private const int FileLinesMax = 250;
    private const int MethodLinesMax = 60;
    private const int LineLengthMax = 140;

    /// <summary>The folders of functions/ from the bottom up: each may use those before it.</summary>
    private static readonly string[] Layers =
    [
        "Telemetry", "Storage", "Http", "Messages", "Accounts", "Events", "Credits", "Images", "References", "Jobs", "Manifests",
        "Webhooks", "Audit", "Operator",
    ];

    /// <summary>Of those before it, what a folder nevertheless must not know.</summary>
    private static readonly (string Folder, string Unknown)[] Strangers = [("Images", "Credits")];

    [Test]
    public void Files_methods_and_lines_are_small()
    {
        var faults = new List<string>();
        foreach (var file in SourceFiles())
        {
            var lines = File.ReadAllLines(file);
            if (lines.Length > FileLinesMax) faults.Add($"{Short(file)}: {lines.Length} lines");
            for (var i = 0; i < lines.Length; i++)
            {
                if (lines[i].Length > LineLengthMax) faults.Add($"{Short(file)}:{i + 1}: {lines[i].Length} characters");
            }

            faults.AddRange(LongMethods(lines).Select(method => $"{Short(file)}:{method.Line}: a method of {method.Length} lines"));
        }

        Assert.That(faults, Is.Empty, () => string.Join(Environment.NewLine, faults));
    }

    [Test]
    public void Arrows_between_the_folders_of_functions_point_one_way()
    {
        var faults = new List<string>();
        foreach (var file in AppFiles())
        {
            var layer = Array.IndexOf(Layers, Short(file).Split('/')[1]);
            if (layer < 0) continue;
            var used = UsedFolder().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value);
            faults.AddRange(used
                .Where(folder => Array.IndexOf(Layers, folder) > layer || Strangers.Contains((Layers[layer], folder)))
                .Select(folder => $"{Short(file)} uses {folder}"));
        }

        Assert.That(faults, Is.Empty, () => string.Join(Environment.NewLine, faults));
    }

    [Test]
    public void Every_folder_of_functions_has_its_place_in_the_order() => Assert.That(
        AppFiles().Select(file => Short(file).Split('/')).Where(parts => parts.Length == 3).Select(parts => parts[1]).Distinct(),
        Is.EquivalentTo(Layers));

    [Test]
    public void The_app_compiles_from_one_source_in_both_builds() =>
        Assert.That(AppFiles().Where(file => File.ReadAllText(file).Contains("#if", StringComparison.Ordinal)).Select(Short), Is.Empty);

    [Test]
    public void Only_the_program_that_starts_the_app_knows_where_it_is() => Assert.That(
        Directory.GetFiles(Checkout.PathTo("local"), "*.csproj", SearchOption.AllDirectories)
            .Where(project => File.ReadAllText(project).Contains("functions/", StringComparison.Ordinal)).Select(Short),
        Is.EqualTo(new[] { "local/up/Local.Up.csproj" }));

    [Test]
    public void Nothing_is_left_for_later() =>
        Assert.That(
            SourceFiles().Where(file => !file.EndsWith("HouseRules.cs", StringComparison.Ordinal))
                .Where(file => Leftover().IsMatch(File.ReadAllText(file)))
                .Select(Short),
            Is.Empty);

    [Test]
    public void Each_event_of_the_log_has_a_number_of_its_own()
    {
        var shared =
            from file in AppFiles()
            from number in EventNumber().Matches(File.ReadAllText(file))
            group Short(file) by number.Groups[1].Value into files
            where files.Count() > 1
            select $"{files.Key}: {string.Join(", ", files)}";
        Assert.That(shared, Is.Empty);
    }

    /// <summary>The worker makes it anew for each invocation: what it makes itself is forgotten, and guards nothing.</summary>
    [Test]
    public void A_function_keeps_nothing_between_its_invocations() => Assert.That(
        AppFiles().Where(file => File.ReadAllText(file) is var text && text.Contains("[Function(", StringComparison.Ordinal)
            && StateOfItsOwn().IsMatch(text)).Select(Short),
        Is.Empty);

    private static IEnumerable<string> AppFiles() =>
        SourceFiles().Where(file => Short(file).StartsWith("functions/", StringComparison.Ordinal));

    private static IEnumerable<string> SourceFiles() =>
        new[] { "functions", "local", "tests", "bench", "infra" }
            .SelectMany(top => Directory.GetFiles(Checkout.PathTo(top), "*.cs", SearchOption.AllDirectories))
            .Where(file => !BuildOutput().IsMatch(file.Replace('\\', '/')));

    private static string Short(string file) => Path.GetRelativePath(Checkout.Root, file).Replace('\\', '/');

    /// <summary>A body whose braces stand alone at one indentation, behind a line that is no type's.</summary>
    private static IEnumerable<(int Line, int Length)> LongMethods(string[] lines)
    {
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim() != "{" || !IsMember(lines, i)) continue;
            var end = Array.IndexOf(lines, lines[i].Replace('{', '}'), i);
            if (end - i - 1 > MethodLinesMax) yield return (i + 1, end - i - 1);
        }
    }

    // The line that begins what the braces belong to is the last one above with their indentation.
    private static bool IsMember(string[] lines, int brace)
    {
        var indentation = lines[brace][..lines[brace].IndexOf('{')];
        var start = Array.FindLastIndex(
            lines, brace - 1, line => line.Length > indentation.Length && line.StartsWith(indentation, StringComparison.Ordinal)
                && line[indentation.Length] != ' ');
        return start >= 0 && lines[start].Contains('(', StringComparison.Ordinal)
            && Member().IsMatch(lines[start]) && !TypeLine().IsMatch(lines[start]);
    }

    [GeneratedRegex(@"\busing Pipeline\.(\w+)")]
    private static partial Regex UsedFolder();

    [GeneratedRegex(@"/(bin|obj|bin-azure|obj-azure|node_modules)/")]
    private static partial Regex BuildOutput();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b")]
    private static partial Regex Leftover();

    [GeneratedRegex(@"^    private (readonly )?(?!static)[^(\n]*= *(new\b|\[\])", RegexOptions.Multiline)]
    private static partial Regex StateOfItsOwn();

    [GeneratedRegex(@"LoggerMessage\((\d+),")]
    private static partial Regex EventNumber();

    [GeneratedRegex(@"\b(class|record|struct|interface|enum)\b")]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^\s*(public|private|internal|protected|static|async)\b")]
    private static partial Regex Member();
}
