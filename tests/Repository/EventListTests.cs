using System.Text.RegularExpressions;
using Local.Up;

namespace Pipeline.Tests.Repository;

/// <summary>Whoever meets a number in the log finds it in the docs.</summary>
public sealed partial class EventListTests
{
    [Test]
    public void Every_event_of_the_log_is_in_the_docs_with_its_level()
    {
        var logged = Directory.GetFiles(Checkout.PathTo("functions"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Declared().Matches(File.ReadAllText(file)))
            .Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value.ToLowerInvariant()}");

        Assert.That(Documented(), Is.EquivalentTo(logged.Distinct()));
    }

    /// <summary>A row may have several, each with its level, or all with one.</summary>
    private static IEnumerable<string> Documented()
    {
        foreach (Match row in Row().Matches(File.ReadAllText(Checkout.PathTo("docs", "operations.md"))))
        {
            var (numbers, levels) = (row.Groups[1].Value.Split(", "), row.Groups[2].Value.Split(", "));
            for (var i = 0; i < numbers.Length; i++) yield return $"{numbers[i]} {(levels.Length == 1 ? levels[0] : levels[i])}";
        }
    }

    [GeneratedRegex(@"LoggerMessage\((\d+), LogLevel\.(\w+)")]
    private static partial Regex Declared();

    [GeneratedRegex(@"^\| (\d+(?:, \d+)*) \| ([a-z, ]+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
