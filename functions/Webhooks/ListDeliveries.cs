using System.ComponentModel;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Webhooks;

/// <summary>The account's deliveries, those of the newest event first.</summary>
public sealed class ListDeliveries(Callers callers, TableServiceClient tables)
{
    /// <summary>Events looked at in one storage request.</summary>
    private const int WindowMax = 1000;

    /// <summary>Windows for one page; when what is wanted is rare the page ends early, with a cursor.</summary>
    private const int WindowsMax = 5;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("ListDeliveries")]
    [Summary("The account's deliveries, those of the newest event first.")]
    [Query(typeof(DeliveriesQuery))]
    [Answer(200, "One page of them.", typeof(ListView<DeliveryView>))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/webhook/deliveries")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var status = query.OneOf<DeliveryState>("status");
        var list = $"{account}/deliveries/{status}";
        var limit = Paging.Limit(query);
        var position = Paging.Position(query, list);
        DeliveryId before = default;
        if (position is not null && !DeliveryId.TryParse(position, out before)) return Paging.NoSuchPosition();
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var newest = position is not null ? before.Event.Number : (await AccountRow.Read(table, account, cancel))?.Events ?? 0;
        var first = await RowPage.Read(table, LedgerKeys.Events(account.Value, 1), 1, null, cancel);
        var oldest = first!.Rows is [var row, ..] ? LedgerKeys.EventNumber(row.RowKey) : newest + 1;
        var (found, next) = await Page(account, status, (oldest, newest), position is null ? null : before, limit, cancel);
        return Paging.Answer(found.Select(DeliveryView.Of), Paging.Cursor(next, list));
    }

    /// <returns>The page, and the delivery behind which the next one begins.</returns>
    private async Task<(List<Delivery> Found, string? Next)> Page(
        AccountId account, DeliveryState? status, (long Oldest, long Newest) kept, DeliveryId? behind, int limit, CancellationToken cancel)
    {
        var found = new List<Delivery>(limit);
        var newest = kept.Newest;
        for (var window = 0; window < WindowsMax && newest >= kept.Oldest; window++)
        {
            var oldest = Math.Max(kept.Oldest, newest - (window == 0 ? limit : WindowMax) + 1);
            var rows = await Window(account, status, oldest, newest, cancel);
            var room = limit - found.Count;
            var left = rows.Where(delivery => behind is not { } last || IsBehind(delivery.Id, last)).ToList();
            found.AddRange(left.Take(room));
            if (left.Count > room) return (found, found[^1].Id.Value);
            newest = oldest - 1;
            if (found.Count == limit) break;
        }

        // Behind all of the window that was looked at last, whether anything was found there or not.
        return (found, newest >= kept.Oldest ? DeliveryId.Of(EventId.OfNumber(newest + 1), DeliveryTarget.Endpoint).Value : null);
    }

    /// <summary>Of events that are numbered without gaps, newest first is a range of keys, read forwards and turned around.</summary>
    private async Task<List<Delivery>> Window(
        AccountId account, DeliveryState? status, long oldest, long newest, CancellationToken cancel)
    {
        var rows = new List<Delivery>();
        if (status is null or DeliveryState.Pending)
            await Read(LedgerKeys.OutboxOf(account.Value, oldest, newest + 1));
        if (status is not DeliveryState.Pending)
            await Read(LedgerKeys.DeliveriesOf(account.Value, oldest, newest + 1)
                + (status is { } only ? " and " + TableClient.CreateQueryFilter($"State eq {only.ToString()}") : ""));
        // One that was done between the two reads is in both, and the later one counts.
        return
        [
            .. rows.AsEnumerable().Reverse().DistinctBy(row => row.Id)
                .OrderByDescending(row => row.Event.Number).ThenByDescending(row => row.Target),
        ];

        async Task Read(string filter)
        {
            await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancel)) rows.Add(Delivery.FromRow(row));
        }
    }

    private static bool IsBehind(DeliveryId id, DeliveryId last) =>
        id.Event.Number < last.Event.Number || (id.Event.Number == last.Event.Number && id.Target < last.Target);

    /// <summary>What may be asked for.</summary>
    public sealed record DeliveriesQuery : ListQuery
    {
        [Description("Only deliveries in this state.")]
        public DeliveryState? Status { get; init; }
    }
}
