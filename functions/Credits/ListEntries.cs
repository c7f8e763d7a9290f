using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Serialization;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>The caller's ledger entries, newest first. The cursor is the number of the next older entry.</summary>
public sealed class ListEntries(Callers callers, Ledger ledger, TableServiceClient tables)
{
    /// <summary>Entries looked at in one storage request when only one kind is wanted: what the service gives in one answer.</summary>
    private const int WindowMax = 1000;

    /// <summary>Storage requests for one page; when a kind is rare the page ends early, with a cursor.</summary>
    private const int WindowsMax = 5;

    [Function("ListEntries")]
    [Summary("The account's ledger entries, newest first.")]
    [Query(typeof(EntriesQuery))]
    [Answer(200, "One page of them.", typeof(ListView<EntryView>))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/credits/entries")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var limit = Paging.Limit(query);
        var cursor = query.Whole("cursor", 0, long.MaxValue);
        var kind = query.OneOf<TransferKind>("kind");
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var balance = await ledger.Read(account, cancel) ?? Balance.Zero;
        var newest = Math.Min(cursor ?? balance.Version, balance.Version);
        var (entries, next) = await Page(account, newest, kind, limit, cancel);
        return Paging.Answer(entries.Select(EntryView.From), next > 0 ? next.ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>Entries are numbered without gaps, so a page newest first is a range of keys, read forwards and turned around.</summary>
    private async Task<(List<Entry> Entries, long Next)> Page(
        AccountId account, long newest, TransferKind? kind, int limit, CancellationToken cancel)
    {
        var table = tables.GetTableClient(StorageNames.LedgerTable);
        var found = new List<Entry>(limit);
        var next = newest;
        for (var window = 0; window < WindowsMax && next > 0; window++)
        {
            var oldest = Math.Max(1, next - (kind is null ? limit : WindowMax) + 1);
            var filter = LedgerKeys.Filter(account.Value, LedgerKeys.Entry(oldest), LedgerKeys.Entry(next + 1));
            if (kind is not null) filter += " and " + TableClient.CreateQueryFilter($"Kind eq {kind.Value.ToString()}");

            var rows = new List<Entry>();
            await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancel)) rows.Add(Entry.FromRow(row));
            rows.Reverse();

            var room = limit - found.Count;
            found.AddRange(rows.Take(room));
            next = rows.Count > room ? rows[room].Version : oldest - 1;
            if (found.Count == limit) break;
        }

        return (found, next);
    }

    /// <summary>What may be asked for.</summary>
    public sealed record EntriesQuery(
        [Description("Only entries of this kind.")] TransferKind? Kind,
        [Whole(1, Paging.LimitMax), DefaultValue(Paging.LimitDefault)] int? Limit,
        [Whole(0, long.MaxValue), Description("The 'next_cursor' of the page before.")] long? Cursor);

    /// <summary>An entry as the contract shows it.</summary>
    public sealed record EntryView(
        [AllowedValues("entry")] string Object,
        [Description("Its number, from 1, without gaps.")] long Version,
        TransferKind Kind,
        long Amount,
        [property: JsonPropertyName("from")] Bucket Source,
        Bucket To,
        [Description("What it is for: job_…, mf_…, or the reference of a grant.")] string Reference,
        [Description("Of a grant: paid or promotional.")] string? Category,
        [Description("The balance after it.")] CreditsView After,
        DateTimeOffset OccurredAt,
        DateTimeOffset RecordedAt)
    {
        public static EntryView From(Entry entry) => new(
            "entry", entry.Version, entry.Transfer.Kind, entry.Transfer.Amount, entry.Transfer.From, entry.Transfer.To,
            entry.Transfer.Reference, entry.Transfer.Category, CreditsView.From(entry.After), entry.OccurredAt, entry.RecordedAt);
    }
}
