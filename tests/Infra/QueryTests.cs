using System.Text.Json;
using System.Text.RegularExpressions;
using Local.Up;

namespace Pipeline.Tests.Infra;

/// <summary>Alerts and the dashboard ask for what the app measures: a name that it does not have would be silence.</summary>
public sealed partial class QueryTests
{
    [Test]
    public async Task Every_query_is_right_for_Microsofts_own_analyzer() =>
        Assert.That(await Npm.Run("kusto.cjs", [], JsonSerializer.Serialize(await Queries.All())), Is.Empty);

    [Test]
    public async Task Every_query_of_the_docs_is_right_too()
    {
        var documented = Queries.Documented();

        Assert.That(documented, Has.Count.EqualTo(10));
        Assert.That(await Npm.Run("kusto.cjs", [], JsonSerializer.Serialize(documented)), Is.Empty);
    }

    [Test]
    public async Task A_query_with_a_mistyped_column_is_found() => Assert.That(
        await Npm.Run("kusto.cjs", [], """["AppMetrics | where Nme == 'pipeline.jobs'"]"""),
        Does.Contain("The name 'Nme' does not refer to any known column"));

    [Test]
    public void Every_metric_that_is_named_is_one_of_the_app()
    {
        var measured = Directory.GetFiles(Checkout.PathTo("functions"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Declared().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value);
        var named = Directory.GetFiles(Checkout.PathTo("infra"))
            .SelectMany(file => Named().Matches(File.ReadAllText(file))).Select(match => match.Value).Distinct();

        Assert.That(named, Is.Not.Empty);
        Assert.That(named, Is.SubsetOf(measured.Distinct()));
    }

    [Test]
    public async Task Every_tag_that_is_asked_for_is_one_of_its_metric()
    {
        var tags = Documented().Matches(await File.ReadAllTextAsync(Checkout.PathTo("docs", "operations.md"))).ToDictionary(
            match => match.Groups[1].Value, match => Quoted().Matches(match.Groups[2].Value).Select(tag => tag.Groups[1].Value));
        var asked = (await Queries.All()).Where(query => Named().IsMatch(query)).ToList();

        Assert.That(asked, Has.Count.GreaterThan(15));
        Assert.That(
            asked.Where(query => Tag().Matches(query).Select(match => match.Groups[1].Value)
                .Except(tags[Named().Match(query).Value]).Any()),
            Is.Empty);
    }

    /// <summary>What an alert compares is the column Value, and what tells its rows apart is the column that it is split by.</summary>
    [Test]
    public async Task Every_alert_asks_for_the_columns_that_it_compares()
    {
        foreach (var rule in (await Queries.Rules()).Select(rule => rule.Element("properties.criteria.allOf")[0]))
        {
            var query = rule.GetProperty("query").GetString()!;
            var columns = rule.GetProperty("dimensions").EnumerateArray().Select(dimension => dimension.GetProperty("name").GetString()!)
                .Append(rule.GetProperty("metricMeasureColumn").GetString()!);
            Assert.That(columns.Where(column => !Regex.IsMatch(query.Split('|')[^1], $@"\b{column}\b")), Is.Empty, query);
        }
    }

    [GeneratedRegex(@"""(pipeline\.[a-z_.]+)""")]
    private static partial Regex Declared();

    [GeneratedRegex(@"\bpipeline\.[a-z_]+(\.[a-z_]+)*")]
    private static partial Regex Named();

    [GeneratedRegex(@"^\| `(pipeline\.[a-z_.]+)` \| [^|]+ \| ([^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Documented();

    [GeneratedRegex("`([a-z]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\bProperties\.([a-z]+)")]
    private static partial Regex Tag();
}
