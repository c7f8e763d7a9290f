using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>The queues that the Functions host moves a message to when its function failed at every delivery.</summary>
/// <remarks>Messages pass as they lie in storage: one that nobody can decode is poison for just that.</remarks>
public sealed class PoisonQueues(QueueServiceClient plain)
{
    /// <summary>The most that the service gives at once.</summary>
    private const int BatchMax = 32;

    /// <summary>Longer than it takes to settle a batch, and so short that what is left is there again for the next sweep.</summary>
    private static readonly TimeSpan HiddenFor = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    /// <summary>Some of a lane's messages, hidden from others for a while; none if there are none.</summary>
    public async Task<IReadOnlyList<QueueMessage>> Receive(string lane, CancellationToken cancel)
    {
        var queue = PoisonOf(lane);
        try
        {
            return (await queue.ReceiveMessagesAsync(BatchMax, HiddenFor, cancel)).Value;
        }
        catch (RequestFailedException e) when (e.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            // Somebody deleted it. Made again, it is no failed request in every minute's log.
            await queue.CreateIfNotExistsAsync(cancellationToken: cancel);
            return [];
        }
    }

    /// <summary>Deletes a message that was received. If another sweep was faster, that one has seen to it.</summary>
    public async Task Delete(string lane, QueueMessage message, CancellationToken cancel)
    {
        try
        {
            await PoisonOf(lane).DeleteMessageAsync(message.MessageId, message.PopReceipt, cancel);
        }
        catch (RequestFailedException e)
            when (e.ErrorCode == QueueErrorCode.MessageNotFound || e.ErrorCode == QueueErrorCode.PopReceiptMismatch)
        {
            // Gone, or in another sweep's hands.
        }
    }

    /// <summary>Sends a message to the lane that it came from, as it came.</summary>
    public async Task SendBack(string lane, string body, CancellationToken cancel) =>
        await plain.GetQueueClient(lane).SendMessageAsync(body, timeToLive: Forever, cancellationToken: cancel);

    private QueueClient PoisonOf(string lane) => plain.GetQueueClient(StorageNames.PoisonOf(lane));
}
