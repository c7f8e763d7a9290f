using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Telemetry;

namespace Pipeline.Webhooks;

/// <summary>Notes how an account's endpoint does, and disables one that failed for days or says that it is gone.</summary>
public sealed partial class WatchEndpoint(WebhookTable webhooks, Ledger ledger, ILogger<WatchEndpoint> logger)
{
    /// <summary>Longer than any delivery is tried: what fails so long has been given up before.</summary>
    private static readonly TimeSpan FailingMax = TimeSpan.FromDays(5);

    /// <summary>
    /// Longer than any two tries of one delivery are apart: if nothing was tried for so long, one more failure is the first again.
    /// </summary>
    private static readonly TimeSpan SilenceMax = TimeSpan.FromHours(48);

    /// <summary>Each note is a write.</summary>
    private static readonly TimeSpan NoteEvery = TimeSpan.FromHours(1);

    /// <param name="webhook">As it was read before the call.</param>
    /// <param name="called">What came of it.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task Note(Webhook webhook, Called called, DateTimeOffset now, CancellationToken cancel)
    {
        // A crash before any of these leaves it to the next delivery.
        if (called.IsGone)
        {
            await Disable(webhook, "It answered 410, which asks not to be called any more.", now, cancel);
        }
        else if (called.IsDelivered)
        {
            if (webhook.FailingSince is not null)
                await webhooks.TryNote(webhook with { FailingSince = null, LastFailedAt = null }, cancel);
        }
        else if (webhook.FailingSince is not { } since || now - webhook.LastFailedAt > SilenceMax)
        {
            await webhooks.TryNote(webhook with { FailingSince = now, LastFailedAt = now }, cancel);
        }
        else if (now - since >= FailingMax)
        {
            await Disable(webhook, $"Every try failed since {since:yyyy-MM-dd HH:mm} UTC, at last so: {called.Fault}", now, cancel);
        }
        else if (now - webhook.LastFailedAt >= NoteEvery)
        {
            await webhooks.TryNote(webhook with { LastFailedAt = now }, cancel);
        }
    }

    private async Task Disable(Webhook webhook, string because, DateTimeOffset now, CancellationToken cancel)
    {
        var disabled = webhook with
        {
            FailingSince = webhook.FailingSince ?? now,
            DisabledAt = now,
            DisabledBecause = $"{because} PUT /v1/webhook enables it; then POST /v1/webhook/deliveries/redeliver sends what it missed.",
        };
        var told = NewEvent.Of(EventTypes.WebhookDisabled, new Data("v1/webhook", webhook.Url!.AbsoluteUri, because));
        var decision = new Decision.Accept([], [new(TableTransactionActionType.UpdateReplace, disabled.ToRow(), webhook.ETag)])
        {
            Events = [told with { Trace = Spans.Here }],
        };
        // If somebody changed it meanwhile, that counts, and the next delivery finds out how it does.
        if (await ledger.Commit(webhook.Account, _ => decision, cancel) is CommitResult.Committed)
            Log.Disabled(logger, webhook.Account.Value, because);
    }

    private sealed record Data(string Url, string Endpoint, string Reason);

    private static partial class Log
    {
        [LoggerMessage(82, LogLevel.Warning, "{Account}: its webhook endpoint is disabled. {Because}")]
        public static partial void Disabled(ILogger logger, string account, string because);
    }
}
