using System.Collections.ObjectModel;
using System.Diagnostics;

namespace Pipeline.Tests.Telemetry;

/// <summary>Spans that may come in while they are read.</summary>
internal sealed class SpanList : Collection<Activity>
{
    private readonly Lock guard = new();

    public IReadOnlyList<Activity> All
    {
        get
        {
            lock (guard) return [.. this];
        }
    }

    protected override void InsertItem(int index, Activity item)
    {
        // At the end, wherever that is by now.
        lock (guard) base.InsertItem(Count, item);
    }
}
