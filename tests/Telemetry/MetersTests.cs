using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Local.Up;
using Pipeline.Telemetry;

namespace Pipeline.Tests.Telemetry;

/// <summary>The list of metrics in the docs is that of the code.</summary>
public sealed partial class MetersTests
{
    [Test]
    public void Every_metric_is_in_the_docs_with_its_unit_and_no_other_is()
    {
        var documented = Row().Matches(File.ReadAllText(Checkout.PathTo("docs", "operations.md")))
            .Select(row => (row.Groups["name"].Value, row.Groups["unit"].Value));

        Assert.That(documented, Is.EquivalentTo(Published().Select(instrument => (instrument.Name, instrument.Unit))));
    }

    [Test]
    public void Every_metric_says_what_it_is() => Assert.That(Published().Select(instrument => instrument.Description), Is.All.Not.Empty);

    /// <summary>All instruments of the app.</summary>
    internal static List<Instrument> Published()
    {
        RuntimeHelpers.RunClassConstructor(typeof(Meters).TypeHandle);
        var published = new List<Instrument>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == Meters.Source) published.Add(instrument);
            },
        };
        listener.Start();
        return published;
    }

    [GeneratedRegex(@"^\| `(?<name>pipeline\.[a-z_.]+)` \| (?<unit>\S+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
