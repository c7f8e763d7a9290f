using System.Text.Json.Serialization;
using Pipeline.Telemetry;

namespace Pipeline.Messages;

/// <summary>What each message of the app's queues carries besides its matter; <see cref="MessageQueues"/> writes it.</summary>
public abstract record Message
{
    /// <summary>Whose work it is part of, as https://www.w3.org/TR/trace-context/ has it; null if that is not known.</summary>
    [JsonPropertyName("traceparent")]
    public string? TraceParent { get; init; }

    /// <summary>From when on it could be received; null on messages of before this was kept.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>Does the work on it, in the trace that it belongs to, and notes how long it waited.</summary>
    internal async Task Work(string queue, DateTimeOffset now, Func<Task> work)
    {
        if (Due is { } due) Meters.QueueAge(queue, now - due);
        using var span = Spans.Process(queue, TraceParent);
        try
        {
            await work();
        }
        catch (Exception e)
        {
            span.Ended(null, e.GetType().Name);
            throw;
        }
    }
}
