using Azure.Data.Tables;
using Pipeline.Events;

namespace Pipeline.Webhooks;

/// <summary>Helps a pending delivery whose time has come and that nobody takes on: sends the message that it waits for.</summary>
public sealed class ResendDelivery(DeliveryTable deliveries, DeliveryMessages messages, TimeProvider time)
{
    private static readonly TimeSpan IntervalMax = TimeSpan.FromHours(1);

    /// <summary>How often a delivery is left to a backlog before it is sent another message into it.</summary>
    private const int LeftMax = 2;

    /// <summary>Looks at a delivery of the outbox that is due, or was left to a backlog.</summary>
    /// <param name="row">Its row.</param>
    /// <param name="isIdle">Whether no message waits in the queue of deliveries.</param>
    /// <param name="patience">
    /// How long after its time, or after the end of a backlog, its message is taken for lost; in a backlog doubled each time, up to 1 hour.
    /// </param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Whether it was sent a message.</returns>
    public async Task<bool> Look(TableEntity row, bool isIdle, TimeSpan patience, CancellationToken cancel)
    {
        var delivery = Delivery.FromRow(row);
        var now = time.GetUtcNow();
        if (delivery.Due + patience > now)
        {
            // What was planned in a backlog that is gone is off. Its message may be one of the last, which are being followed now.
            if (isIdle && delivery.Left > 0 && delivery.Due > now)
                await deliveries.TryChange(delivery, delivery with { Due = now, Left = 0 }, cancel);
            return false;
        }

        if (delivery.NextAt > now)
        {
            // Its message is delayed on purpose.
            await deliveries.TryChange(delivery, delivery with { Due = delivery.NextAt }, cancel);
            return false;
        }

        // In a backlog its message is most likely one of those that wait.
        var isSent = isIdle || delivery.Left >= LeftMax;
        // A second message does no harm but while the first is followed: its row says whether it was.
        if (isSent) await messages.Send(delivery, TimeSpan.Zero, cancel);
        var interval = isIdle ? TimeSpan.Zero : patience * Math.Pow(2, Math.Min(delivery.Left, 20));
        var later = delivery with
        {
            Due = now + (interval < IntervalMax ? interval : IntervalMax),
            Left = isIdle ? 0 : delivery.Left + 1,
        };
        // Whoever takes it on meanwhile changes its turn, and this does not write over that.
        await deliveries.TryChange(delivery, later, cancel);
        return isSent;
    }
}
