using System.Globalization;
using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>
/// The caller's ledger entries, newest first: a page of them, or all as CSV. The cursor is the number of the next older entry.
/// </summary>
public sealed class ListEntries(Callers callers, Ledger ledger, TableServiceClient tables)
{
    /// <summary>Entries looked at in one storage request when only some are wanted: what the service gives in one answer.</summary>
    private const int WindowMax = 1000;

    /// <summary>Storage requests for one page; when what is wanted is rare the page ends early, with a cursor.</summary>
    private const int WindowsMax = 5;

    private static readonly string[] PageFields = ["limit", "cursor"];

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("ListEntries")]
    [Summary("The account's ledger entries, newest first.")]
    [Query(typeof(EntriesQuery))]
    [Answer(200, "One page of them.", typeof(ListView<EntryView>))]
    [Answer(
        200, "With 'Accept: text/csv': all of them, without pages.", typeof(string), ContentType = EntriesCsv.ContentType,
        Headers = ["Content-Disposition"])]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/credits/entries")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var isCsv = EntriesCsv.IsWanted(request);
        var query = new QueryFields(request.Query);
        var limit = Paging.Limit(query);
        var cursor = query.Whole("cursor", 0, long.MaxValue);
        var filter = EntryFilter.From(query);
        foreach (var name in PageFields.Where(name => isCsv && request.Query.ContainsKey(name)))
            query.Refuse(name, "not_allowed", $"CSV has no pages: leave '{name}' out, and narrow it with 'recorded_after'.");
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var version = (await ledger.Read(account, cancel) ?? Books.Empty).Balance.Version;
        if (isCsv) return EntriesCsv.Of(account, All(account, version, filter, cancel));
        var (entries, next) = await Page(account, Math.Min(cursor ?? version, version), filter, limit, cancel);
        return Paging.Answer(entries.Select(EntryView.From), next > 0 ? next.ToString(CultureInfo.InvariantCulture) : null);
    }

    private async Task<(List<Entry> Entries, long Next)> Page(
        AccountId account, long newest, EntryFilter filter, int limit, CancellationToken cancel)
    {
        var found = new List<Entry>(limit);
        var next = newest;
        for (var window = 0; window < WindowsMax && next > 0; window++)
        {
            var oldest = Math.Max(1, next - (filter.IsAll ? limit : WindowMax) + 1);
            var entries = await Window(account, oldest, next, filter, cancel);
            var room = limit - found.Count;
            found.AddRange(entries.Take(room));
            next = entries.Count > room ? entries[room].Version : oldest - 1;
            if (found.Count == limit) break;
        }

        return (found, next);
    }

    private async IAsyncEnumerable<Entry> All(
        AccountId account, long newest, EntryFilter filter, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var next = newest; next > 0; next -= WindowMax)
        {
            foreach (var entry in await Window(account, Math.Max(1, next - WindowMax + 1), next, filter, cancel)) yield return entry;
        }
    }

    /// <summary>Entries are numbered without gaps, so newest first is a range of keys, read forwards and turned around.</summary>
    private async Task<List<Entry>> Window(AccountId account, long oldest, long newest, EntryFilter filter, CancellationToken cancel)
    {
        var range = LedgerKeys.Filter(account.Value, LedgerKeys.Entry(oldest), LedgerKeys.Entry(newest + 1));
        var entries = new List<Entry>();
        await foreach (var row in table.QueryAsync<TableEntity>(range + filter.ToQuery(), cancellationToken: cancel))
            entries.Add(Entry.FromRow(row));
        entries.Reverse();
        return entries;
    }
}
