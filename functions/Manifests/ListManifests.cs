using System.ComponentModel;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>The caller's manifests, newest first.</summary>
public sealed class ListManifests(Callers callers, TableServiceClient tables, ManifestViews views)
{
    private const int LimitDefault = 20;
    private const int LimitMax = 100;

    [Function("ListManifests")]
    [Summary("The account's manifests, newest first.")]
    [Query(typeof(ManifestsQuery))]
    [Answer(200, "One page of them.", typeof(ListView<ManifestView>))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/manifests")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var limit = (int)(query.Whole("limit", 1, LimitMax) ?? LimitDefault);
        var cursor = query.Text("cursor");
        var after = ManifestId.TryParse(cursor, out var last) ? last.RowKey + '!' : LedgerKeys.Manifest("");
        if (cursor is not null && last == default) query.Refuse("cursor", "not_allowed", "'cursor' must be the 'next_cursor' of a list.");
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var found = new List<Manifest>(limit + 1);
        var filter = LedgerKeys.Filter(account.Value, after, LedgerKeys.Manifest("~"));
        await foreach (var row in tables.GetTableClient(StorageNames.LedgerTable)
            .QueryAsync<TableEntity>(filter, maxPerPage: limit + 1, cancellationToken: cancel))
        {
            found.Add(Manifest.FromRow(row));
            if (found.Count > limit) break;
        }

        var data = new List<ManifestView>(limit);
        foreach (var manifest in found.Take(limit)) data.Add(await views.Of(manifest, cancel));
        var next = found.Count > limit ? found[limit - 1].Id.Value : null;
        return Results.Json(new ListView<ManifestView>(data, next), Json.Options);
    }

    /// <summary>What may be asked for.</summary>
    public sealed record ManifestsQuery(
        [Whole(1, LimitMax), DefaultValue(LimitDefault)] int? Limit,
        [Description("The 'next_cursor' of the page before.")] string? Cursor);
}
