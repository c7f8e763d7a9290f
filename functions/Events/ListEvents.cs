using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Events;

/// <summary>The account's events as a feed, for those whom no webhook can reach.</summary>
/// <remarks>
/// Their numbers follow the order in which they were written, without gaps: whoever asks from the last one on misses none, ever. A page is
/// one storage request.
/// </remarks>
public sealed class ListEvents(Callers callers, TableServiceClient tables, PublicUrls urls)
{
    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("ListEvents")]
    [Summary("The account's events of the last 30 days, the oldest first: to be followed from the last one on.")]
    [Query(typeof(EventsQuery))]
    [Answer(200, "One page of them.", typeof(EventsView))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/events")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var limit = Paging.Limit(query);
        var given = query.Text("after");
        EventId after = default;
        if (given is not null && !EventId.TryParse(given, out after)) query.Refuse(WrongAfter);
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var from = given is null ? 1 : after.Number;
        // With the one that was named, which must be the account's own if it is still there; and one more, to know whether there is.
        var page = await RowPage.Read(table, LedgerKeys.Events(account.Value, from), limit + 2, null, cancel);
        var events = page!.Rows.Select(Event.FromRow).ToList();
        if (given is not null && events is [var first, ..] && first.Id.Number == from)
        {
            if (first.Id != after) return Problems.InvalidRequest([WrongAfter]);
            events.RemoveAt(0);
        }
        else if (given is not null && events.Count == 0 && after.Number > await Last(account, cancel))
        {
            return Problems.InvalidRequest([WrongAfter]);
        }

        var shown = events.Take(limit).Select(happened => View(request, happened)).ToList();
        return Results.Json(
            new EventsView("list", shown, events.Count > limit, shown.Count > 0 ? shown[^1].Id : given), Json.Options);
    }

    private static readonly FieldError WrongAfter =
        new("?after", "not_allowed", "'after' must be the id of an event of this account, 'evt_…', as it was given.");

    /// <summary>The number of the account's last event, whether it is kept or not.</summary>
    private async Task<long> Last(AccountId account, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, LedgerKeys.Account, [Event.LastColumn], cancel);
        return row.HasValue ? row.Value!.GetInt64(Event.LastColumn) ?? 0 : 0;
    }

    private EventView View(HttpRequest request, Event happened) => new(
        "event", happened.Id.Value, happened.Type, happened.OccurredAt, happened.DataWith(path => urls.Of(request, path)));

    /// <summary>What may be asked for.</summary>
    public sealed record EventsQuery
    {
        [Description("The id of the last event that was seen; left out, the feed begins with the oldest that is kept.")]
        public string? After { get; init; }

        [Whole(1, Paging.LimitMax), DefaultValue(Paging.LimitDefault)]
        public int? Limit { get; init; }
    }

    /// <summary>A page of the feed as the contract shows it.</summary>
    public sealed record EventsView(
        [AllowedValues("list")] string Object,
        IReadOnlyList<EventView> Data,
        [Description("Whether there are more by now. If not, ask again after a while.")] bool HasMore,
        [Description("What 'after' must be the next time: the last event's id; null as long as there is none.")] string? NextAfter);

    /// <summary>An event as the contract shows it.</summary>
    public sealed record EventView(
        [AllowedValues("event")] string Object,
        [Description("As the deliveries of it have it in 'webhook-id'.")] string Id,
        [EventType] string Type,
        DateTimeOffset Timestamp,
        [Description("Ids, states and sums; 'url' is where to look.")] JsonObject Data);
}
