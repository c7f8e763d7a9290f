using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Webhooks;

/// <summary>
/// Tells the account's endpoint once more of all events since a time that it wants to be told of: also of those that happened before there
/// was an endpoint, or while it was disabled.
/// </summary>
public sealed class RedeliverSince(
    Callers callers, TableServiceClient tables, WebhookTable webhooks, DeliveryTable deliveries, DeliveryMessages messages,
    TimeProvider time)
{
    /// <summary>Events looked at in one call: some seconds of work. The answer says where to go on.</summary>
    private const int EventsMax = 500;

    private const long BodyBytesMax = 64 * 1024;
    private const int AtOnceMax = 8;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("RedeliverSince")]
    [Summary("Tells the account's endpoint again of all events since a time, or of those that it was not told of.")]
    [Body(typeof(RedeliverFields))]
    [Answer(200, "How many are under way. If 'next_after' is set, call again with that as 'after'.", typeof(RedeliveredView))]
    [Refuses(ProblemCode.NotFound)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/webhook/deliveries/redeliver")] HttpRequest request,
        CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } faults) return Problems.InvalidRequest(faults);
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;
        if (Read(document.RootElement, out var errors) is not { } asked) return Problems.InvalidRequest(errors);
        if (await webhooks.Find(account, cancel) is not { Url: not null } webhook) return GetWebhook.NoWebhook();
        if (Redeliver.RefuseDisabled(webhook) is { } problem) return problem;

        var (events, next) = await Page(account, asked, cancel);
        var begun = 0;
        // A crash in here leaves some that are not asked for; the same request again asks for all.
        await Parallel.ForEachAsync(
            events.Where(happened => webhook.Wanted.Wants(happened.Type) && happened.Type != EventTypes.WebhookDisabled),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = cancel },
            async (happened, stop) =>
            {
                if (await Tell(happened, asked.OnlyFailed ?? true, stop)) Interlocked.Increment(ref begun);
            });
        return Results.Json(new RedeliveredView("redelivery", begun, next), Json.Options);
    }

    /// <summary>Events of that time and later, the first first, and the last of them if there are more.</summary>
    private async Task<(List<Event> Events, string? Next)> Page(AccountId account, RedeliverFields asked, CancellationToken cancel)
    {
        var last = (await AccountRow.Read(table, account, cancel))?.Events ?? 0;
        // Of a page that begins behind an event which is too old by now, what is kept still counts.
        var from = await FirstSince(account, asked.Since, last, cancel);
        if (EventId.TryParse(asked.After, out var after)) from = Math.Max(from, after.Number + 1);
        var events = new List<Event>();
        var rows = table.QueryAsync<TableEntity>(LedgerKeys.Events(account.Value, from, from + EventsMax), cancellationToken: cancel);
        await foreach (var row in rows) events.Add(Event.FromRow(row));
        return (events, events.Count > 0 && events[^1].Id.Number < last ? events[^1].Id.Value : null);
    }

    /// <summary>The number of the first event of that time or later, found by halves: neither numbers nor times ever go back.</summary>
    private async Task<long> FirstSince(AccountId account, DateTimeOffset since, long last, CancellationToken cancel)
    {
        var kept = await RowPage.Read(table, LedgerKeys.Events(account.Value, 1), 1, null, cancel);
        var (low, high) = (kept!.Rows is [var row, ..] ? LedgerKeys.EventNumber(row.RowKey) : last + 1, last + 1);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var found = await table.GetEntityIfExistsAsync<TableEntity>(
                account.Value, LedgerKeys.Event(middle), ["OccurredAt"], cancel);
            if (found.HasValue && found.Value!.GetDateTimeOffset("OccurredAt") >= since) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    /// <returns>
    /// Whether its delivery is begun, or brought forward; not if its first try is under way, or it was made and only others are asked for.
    /// </returns>
    private async Task<bool> Tell(Event happened, bool onlyFailed, CancellationToken cancel)
    {
        var id = DeliveryId.Of(happened.Id, DeliveryTarget.Endpoint);
        if (await deliveries.Find(happened.Account, id, cancel) is not { } found)
        {
            var first = Delivery.Of(happened, DeliveryTarget.Endpoint, null) with { NextAt = time.GetUtcNow(), Due = time.GetUtcNow() };
            return await Begin(first, [new(TableTransactionActionType.Add, first.ToRow())], cancel);
        }

        if (onlyFailed && found.State == DeliveryState.Delivered) return false;
        var again = Redeliver.Again(found, time.GetUtcNow());
        if (found.State == DeliveryState.Pending)
        {
            if (found.Tries == 0 || !await deliveries.TryChange(found, again, cancel)) return false;
            await messages.Announce([again]);
            return true;
        }

        return await Begin(again, DeliveryTable.Reopen(found, again), cancel);
    }

    /// <summary>A crash in here leaves a delivery without a message; the sweeper sends it.</summary>
    private async Task<bool> Begin(Delivery delivery, IEnumerable<TableTransactionAction> rows, CancellationToken cancel)
    {
        if (!await deliveries.TryWrite(rows, cancel)) return false;
        await messages.Announce([delivery]);
        return true;
    }

    private static RedeliverFields? Read(JsonElement json, out IReadOnlyList<FieldError> errors)
    {
        var fields = new JsonFields(json, "");
        var since = fields.Time("since");
        if (since is null && fields.Errors.Count == 0)
            fields.Refuse("since", "required", "'since' is required: a time with its offset, as '2026-01-31T09:30:00Z'.");
        var onlyFailed = fields.Flag("only_failed");
        var after = fields.Text("after", EventId.Length);
        if (after is not null && !EventId.TryParse(after, out _))
            fields.Refuse("after", "not_allowed", "'after' must be the 'next_after' of an earlier answer.");
        errors = fields.RefuseOthers();
        return errors.Count > 0 ? null : new RedeliverFields(since!.Value, onlyFailed, after);
    }

    /// <summary>What callers send.</summary>
    public sealed record RedeliverFields(
        [Description("Events of this time and later; they are kept 30 days.")] DateTimeOffset Since,
        [DefaultValue(true), Description("Leaves out what was delivered.")] bool? OnlyFailed,
        [Description("To go on: the 'next_after' of the answer before.")] string? After);

    /// <summary>What was asked for as the contract shows it.</summary>
    public sealed record RedeliveredView(
        [AllowedValues("redelivery")] string Object,
        [Description("Deliveries that are under way now; with those that waited for their next try.")] int Begun,
        [Description("If not all fitted into one call: what 'after' must be in the next, besides the same 'since'.")] string? NextAfter);
}
