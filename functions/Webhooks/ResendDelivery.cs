using Azure.Data.Tables;
using Pipeline.Events;

namespace Pipeline.Webhooks;

/// <summary>Helps a pending delivery whose time has come and that nobody takes on: sends the message that it waits for.</summary>
public sealed class ResendDelivery(DeliveryTable deliveries, DeliveryMessages messages, TimeProvider time)
{
    private static readonly TimeSpan IntervalMax = TimeSpan.FromHours(1);

    /// <summary>How often a delivery is left to a backlog before it is sent another message into it.</summary>
    private const int LeftMax = 2;

    /// <summary>Looks at a delivery of the outbox that is due.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="isIdle">Whether no message waits in the queue of deliveries.</param>
    /// <param name="patience">How long after its time it is taken for lost; in a backlog doubled each time, up to 1 hour.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Whether it was sent a message.</returns>
    public async Task<bool> Look(TableEntity row, bool isIdle, TimeSpan patience, CancellationToken cancel)
    {
        var delivery = Delivery.FromRow(row);
        var now = time.GetUtcNow();
        if (delivery.Due + patience > now) return false;
        if (delivery.NextAt > now)
        {
            // Its message is delayed on purpose.
            await deliveries.TryChange(delivery, delivery with { Due = delivery.NextAt }, cancel);
            return false;
        }

        // In a backlog its message is most likely one of those that wait.
        var isSent = isIdle || delivery.Left >= LeftMax;
        // A second message does no harm: its row says whether it was followed already.
        if (isSent) await messages.Send(delivery, TimeSpan.Zero, cancel);
        var interval = patience * Math.Pow(2, Math.Min(delivery.Left, 20));
        // Whoever takes it on meanwhile changes its turn, and this does not write over that.
        await deliveries.TryChange(
            delivery, delivery with { Due = now + (interval < IntervalMax ? interval : IntervalMax), Left = delivery.Left + 1 }, cancel);
        return isSent;
    }
}
