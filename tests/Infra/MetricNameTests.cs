using System.Text.RegularExpressions;
using Local.Up;

namespace Pipeline.Tests.Infra;

/// <summary>Alerts and the dashboard ask for what the app measures: a name that it does not have would be silence.</summary>
public sealed partial class MetricNameTests
{
    [Test]
    public void Every_metric_that_is_asked_for_is_one_of_the_app()
    {
        var measured = Directory.GetFiles(Checkout.PathTo("functions"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(file => Declared().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value);
        var asked = Directory.GetFiles(Checkout.PathTo("infra"))
            .SelectMany(file => Named().Matches(File.ReadAllText(file))).Select(match => match.Value).Distinct();

        Assert.That(asked, Is.Not.Empty);
        Assert.That(asked, Is.SubsetOf(measured.Distinct()));
    }

    [GeneratedRegex(@"""(pipeline\.[a-z_.]+)""")]
    private static partial Regex Declared();

    [GeneratedRegex(@"\bpipeline\.[a-z_]+(\.[a-z_]+)*")]
    private static partial Regex Named();
}
