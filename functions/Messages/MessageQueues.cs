using System.Text;
using System.Text.Json;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Pipeline.Http;
using Pipeline.Telemetry;

namespace Pipeline.Messages;

/// <summary>Sends the messages that make the app's own functions work.</summary>
public sealed class MessageQueues(QueueServiceClient queues, TimeProvider time)
{
    /// <summary>Kept until it is worked off: a backlog may take longer than the seven days that are the service's default.</summary>
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    /// <summary>The service takes 64 KiB of base64.</summary>
    private const int BytesMax = 48 * 1024;

    /// <summary>For the trace context and the time, which are added to it.</summary>
    private const int StampBytes = 256;

    public QueueClient Named(string queue) => queues.GetQueueClient(queue);

    /// <summary>Whether a message can be sent.</summary>
    public static bool Fits(Message message) => Encoding.UTF8.GetByteCount(Write(message)) <= BytesMax - StampBytes;

    /// <summary>Sends a message.</summary>
    /// <param name="queue">Where to.</param>
    /// <param name="message">What.</param>
    /// <param name="trace">The trace that it belongs to, as <c>traceparent</c>; null begins one.</param>
    /// <param name="delay">How long nobody sees it; at most 7 days, the service's limit. The client cuts it to whole seconds.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task Send(string queue, Message message, string? trace, TimeSpan delay, CancellationToken cancel)
    {
        using var span = Spans.Send(queue, trace);
        var stamped = message with { TraceParent = span?.Id ?? trace, Due = time.GetUtcNow() + delay };
        await Named(queue).SendMessageAsync(Write(stamped), visibilityTimeout: delay, timeToLive: Forever, cancel);
    }

    /// <summary>
    /// Whether no message waits in a queue; there may be some that are worked on or delayed. How long the first has been due is measured.
    /// </summary>
    public async Task<bool> IsIdle(string queue, CancellationToken cancel)
    {
        var waits = (await Named(queue).PeekMessagesAsync(maxMessages: 1, cancel)).Value;
        var now = time.GetUtcNow();
        Meters.QueueOldest(queue, waits is [var first, ..] ? now - DueOf(first) : TimeSpan.Zero);
        return waits.Length == 0;
    }

    /// <summary>Since it was sent, if it does not say better: a stranger's, or of before that was kept.</summary>
    private static DateTimeOffset DueOf(PeekedMessage message)
    {
        try
        {
            using var json = JsonDocument.Parse(message.Body);
            if (json.RootElement.TryGetProperty("due", out var due) && due.TryGetDateTimeOffset(out var at)) return at;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Whoever receives it finds out what is wrong with it.
        }

        return message.InsertedOn ?? DateTimeOffset.MaxValue;
    }

    private static string Write(Message message) => JsonSerializer.Serialize(message, message.GetType(), Json.Options);
}
