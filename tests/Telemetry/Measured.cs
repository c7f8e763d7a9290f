using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Pipeline.Telemetry;

namespace Pipeline.Tests.Telemetry;

/// <summary>
/// What the app's code measures in this process while this lives, as <c>pipeline.poison.messages queue=webhooks</c>; also what other tests
/// make it measure at the same time.
/// </summary>
internal sealed class Measured : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentQueue<(string Metric, double Value)> all = [];

    public Measured()
    {
        listener.InstrumentPublished = (instrument, heard) =>
        {
            if (instrument.Meter.Name == Meters.Source) heard.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        listener.Start();
    }

    public IEnumerable<double> Of(string metric) => all.Where(one => one.Metric == metric).Select(one => one.Value);

    public void Dispose() => listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var name = instrument.Name;
        foreach (var tag in tags) name += $" {tag.Key}={tag.Value}";
        all.Enqueue((name, value));
    }
}
