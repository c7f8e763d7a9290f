using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Storage;

namespace Pipeline.Webhooks;

/// <summary>Delivers an event to one who is told of it: calls the endpoint, and notes what came of that.</summary>
public sealed partial class DeliverWebhook(
    DeliveryPlaces places, DeliveryTable deliveries, WebhookTable webhooks, CallEndpoint call, WatchEndpoint watch,
    DeliveryMessages messages, Random random, TimeProvider time, ILogger<DeliverWebhook> logger)
{
    /// <summary>When storage is away.</summary>
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(30);

    [Function("DeliverWebhook")]
    public Task Run([QueueTrigger(StorageNames.WebhooksQueue)] DeliveryMessage message, CancellationToken cancel) =>
        message.Work(StorageNames.WebhooksQueue, time.GetUtcNow(), () => Follow(message, cancel));

    private async Task Follow(DeliveryMessage message, CancellationToken cancel)
    {
        if (!AccountId.TryParse(message.Account, out var account) || !DeliveryId.TryParse(message.Delivery, out var id))
            throw new FormatException("The message names no delivery.");
        try
        {
            // Before all else, so that one endpoint which does not answer keeps neither storage nor the others waiting.
            using var place = places.TryEnter(message.Account, message.Endpoint);
            if (place is null) await StandBack(message, account, id, cancel);
            else await Deliver(message, account, id, cancel);
        }
        catch (Exception e) when (StorageFault.IsUnknownOutcome(e) && !cancel.IsCancellationRequested)
        {
            // Storage is away, which is no fault of the message: the host would give it up after a few tries.
            await messages.SendAgain(message, TryAgainAfter, cancel);
            Log.StorageAway(logger, message.Account, message.Delivery, TryAgainAfter, e);
        }
    }

    private async Task Deliver(DeliveryMessage message, AccountId account, DeliveryId id, CancellationToken cancel)
    {
        if (await Due(message, account, id, cancel) is not { } delivery) return;
        var reading = deliveries.FindEvent(account, delivery.Event, cancel);
        var webhook = delivery.Target == DeliveryTarget.Own
            ? await webhooks.FindOrMake(account, cancel)
            : await webhooks.Find(account, cancel);
        var happened = await reading;
        if (FaultOf(delivery, webhook, happened) is { } fault)
        {
            await Conclude(delivery, new Called(null, fault, null, TimeSpan.Zero), canRetry: false, cancel);
            return;
        }

        // A crash after this leaves a delivery that was made and is pending; it is made once more, under the same id.
        var url = delivery.OwnUrl is { } own ? new Uri(own) : webhook!.Url!;
        var called = await call.Post(url, happened!, webhook!.Secrets, cancel);
        await Conclude(delivery, called, canRetry: !called.IsGone, cancel);
        if (delivery.Target == DeliveryTarget.Endpoint) await watch.Note(webhook, called, time.GetUtcNow(), cancel);
    }

    /// <returns>The delivery, if its turn and its time have come; else null, and there is nothing left to do.</returns>
    private async Task<Delivery?> Due(DeliveryMessage message, AccountId account, DeliveryId id, CancellationToken cancel)
    {
        if (await deliveries.Find(account, id, pending: true, cancel) is not { } delivery || delivery.Turn != message.Turn) return null;
        var early = delivery.NextAt - time.GetUtcNow();
        if (early <= TimeSpan.Zero) return delivery;
        await messages.SendAgain(message with { Deferred = 0 }, early, cancel);
        return null;
    }

    /// <returns>Why it is not delivered at all, or null.</returns>
    private static string? FaultOf(Delivery delivery, Webhook? webhook, Event? happened) =>
        happened is null ? "Not called: the event is not kept any more."
        : delivery.Target == DeliveryTarget.Own ? null
        : webhook?.Url is null ? "Not called: the endpoint was removed."
        : webhook.Status == WebhookStatus.Disabled ? "Not called: the endpoint is disabled."
        : null;

    private async Task Conclude(Delivery delivery, Called called, bool canRetry, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var attempt = new DeliveryAttempt(now, called.Status, (long)called.Duration.TotalMilliseconds, called.Fault);
        var tried = delivery.Tried(attempt) with { Tries = delivery.Tries + 1, Turn = delivery.Turn + 1, Left = 0 };
        var next = called.IsDelivered || !canRetry
            ? null
            : DeliverySchedule.Next(tried.Tries, called.RetryAfter, now, random.NextDouble());
        var concluded = next is { } at
            ? tried with { NextAt = at, Due = at }
            : tried with { State = called.IsDelivered ? DeliveryState.Delivered : DeliveryState.Failed, FinishedAt = now };
        if (!await deliveries.TryChange(delivery, concluded, cancel)) return;
        Log.Tried(logger, delivery.Account.Value, delivery.Id.Value, tried.Tries, concluded.State, called.Status, attempt.DurationMs);
        // A crash before this leaves a delivery without a message; the sweeper sends it when it is due.
        if (next is not null) await messages.Send(concluded, next.Value - now, cancel);
    }

    /// <summary>Its endpoint has as many at once as it may have: this one comes again later, and does not count as tried.</summary>
    private async Task StandBack(DeliveryMessage message, AccountId account, DeliveryId id, CancellationToken cancel)
    {
        if (await Due(message, account, id, cancel) is not { } delivery) return;
        var delay = DeliverySchedule.StandBack(message.Deferred, random.NextDouble());
        // Else the sweeper would take it for lost. A crash after this leaves it to the sweeper, a little later.
        if (await deliveries.TryChange(delivery, delivery with { Due = time.GetUtcNow() + delay, Left = 0 }, cancel))
            await messages.SendAgain(message with { Deferred = message.Deferred + 1 }, delay, cancel);
    }

    private static partial class Log
    {
        [LoggerMessage(81, LogLevel.Information, "{Account} {Delivery}: try {Try}, {State} (status {Status}, {DurationMs} ms).")]
        public static partial void Tried(
            ILogger logger, string account, string delivery, int @try, DeliveryState state, int? status, long durationMs);

        [LoggerMessage(83, LogLevel.Warning, "{Account} {Delivery}: storage is away; looked at again in {Delay}.")]
        public static partial void StorageAway(ILogger logger, string account, string delivery, TimeSpan delay, Exception e);
    }
}
