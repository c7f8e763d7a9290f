using Azure;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Logging;
using Pipeline.Messages;
using Pipeline.Storage;

namespace Pipeline.Events;

/// <summary>The message that makes a worker look at a delivery. Whether its turn has come is said by the delivery's row.</summary>
/// <param name="Account">Whose.</param>
/// <param name="Delivery">Its id.</param>
/// <param name="Endpoint">Where it goes, see <see cref="Delivery.Endpoint"/>: whether there is room is asked before all else.</param>
/// <param name="Turn">Which message of the delivery it is: only the one that its row waits for is followed.</param>
/// <param name="Deferred">How often in a row there was no room.</param>
public sealed record DeliveryMessage(string Account, string Delivery, string Endpoint, int Turn, int Deferred = 0) : Message;

/// <summary>Sends the messages that have events delivered.</summary>
public sealed partial class DeliveryMessages(MessageQueues queues, ILogger<DeliveryMessages> logger)
{
    /// <summary>
    /// Has new deliveries taken on. They are written already, so whatever is not sent here, the sweeper sends; nobody need hear of it.
    /// </summary>
    public async Task Announce(IReadOnlyList<Delivery> deliveries)
    {
        try
        {
            await Task.WhenAll(deliveries.Select(delivery => Send(delivery, TimeSpan.Zero, CancellationToken.None)));
        }
        catch (Exception e) when (e is RequestFailedException || StorageFault.IsUnknownOutcome(e))
        {
            Log.NotSent(logger, deliveries[0].Account.Value, deliveries[0].Id.Value, e);
        }
    }

    /// <summary>Sends the message that the delivery's row waits for.</summary>
    public Task Send(Delivery delivery, TimeSpan delay, CancellationToken cancel) => Send(
        new DeliveryMessage(delivery.Account.Value, delivery.Id.Value, delivery.Endpoint, delivery.Turn), delivery.Trace, delay, cancel);

    /// <summary>Sends a message once more, for later; at most 7 days, the service's limit.</summary>
    public Task SendAgain(DeliveryMessage message, TimeSpan delay, CancellationToken cancel) =>
        Send(message, message.TraceParent, delay, cancel);

    // The client cuts the delay to whole seconds, and a message that comes before its time is only sent again.
    private Task Send(DeliveryMessage message, string? trace, TimeSpan delay, CancellationToken cancel) => queues.Send(
        StorageNames.WebhooksQueue, message, trace, TimeSpan.FromSeconds(Math.Ceiling(delay.TotalSeconds)), cancel);

    /// <summary>Whether no message waits; there may be some that are worked on or delayed.</summary>
    public async Task<bool> IsIdle(CancellationToken cancel)
    {
        try
        {
            return await queues.IsIdle(StorageNames.WebhooksQueue, cancel);
        }
        catch (RequestFailedException e) when (e.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            // Somebody deleted it, with all of its messages.
            await queues.Named(StorageNames.WebhooksQueue).CreateIfNotExistsAsync(cancellationToken: cancel);
            return true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(80, LogLevel.Warning, "{Account} {Delivery}: its message could not be sent; the sweeper will.")]
        public static partial void NotSent(ILogger logger, string account, string delivery, Exception e);
    }
}
