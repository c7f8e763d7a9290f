using System.Text.Json;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Pipeline.Events;
using Pipeline.Http;

namespace Pipeline.Tests.Webhooks;

/// <summary>A message as it was sent.</summary>
/// <param name="Text">What it says.</param>
/// <param name="SentAt">When.</param>
/// <param name="Delay">How long nobody sees it.</param>
internal sealed record ClockedMessage(string Text, DateTimeOffset SentAt, TimeSpan Delay)
{
    public DateTimeOffset VisibleAt => SentAt + Delay;

    /// <summary>What it is about, without where it belongs in a trace and since when it was due.</summary>
    public DeliveryMessage Matter =>
        JsonSerializer.Deserialize<DeliveryMessage>(Text, Json.Options)! with { TraceParent = null, Due = null };
}

/// <summary>
/// A queue whose delays pass on a hand-moved clock: the service's own pass only in real time, and a delivery's are three days. It refuses
/// what the service would, and parts of a second, which its client cuts off.
/// </summary>
internal sealed class ClockedQueue(TimeProvider time) : QueueClient
{
    private static readonly TimeSpan DelayMax = TimeSpan.FromDays(7);

    private readonly PriorityQueue<ClockedMessage, DateTimeOffset> waiting = new();
    private readonly List<ClockedMessage> sent = [];

    public IReadOnlyList<ClockedMessage> Sent => sent;

    /// <summary>When the next message is seen, or null if none waits.</summary>
    public DateTimeOffset? Next
    {
        get
        {
            lock (sent) return waiting.TryPeek(out _, out var at) ? at : null;
        }
    }

    /// <summary>Some of the messages that are seen now.</summary>
    public List<ClockedMessage> Take(int countMax)
    {
        var taken = new List<ClockedMessage>();
        lock (sent)
        {
            while (taken.Count < countMax && waiting.TryPeek(out var message, out var at) && at <= time.GetUtcNow())
            {
                waiting.Dequeue();
                taken.Add(message);
            }
        }

        return taken;
    }

    public override Task<Response<SendReceipt>> SendMessageAsync(
        string messageText, TimeSpan? visibilityTimeout = null, TimeSpan? timeToLive = null, CancellationToken cancellationToken = default)
    {
        var message = new ClockedMessage(messageText, time.GetUtcNow(), visibilityTimeout ?? TimeSpan.Zero);
        if (message.Delay < TimeSpan.Zero || message.Delay > DelayMax || message.Delay.Ticks % TimeSpan.TicksPerSecond != 0
            || timeToLive != TimeSpan.FromSeconds(-1))
            throw new ArgumentOutOfRangeException(nameof(visibilityTimeout), $"{message}, for {timeToLive}");
        lock (sent)
        {
            sent.Add(message);
            waiting.Enqueue(message, message.VisibleAt);
        }

        return Task.FromResult(Response.FromValue<SendReceipt>(null!, null!));
    }
}

/// <summary>Gives one queue, whatever its name.</summary>
internal sealed class ClockedQueues(ClockedQueue queue) : QueueServiceClient
{
    public override QueueClient GetQueueClient(string queueName) => queue;
}
