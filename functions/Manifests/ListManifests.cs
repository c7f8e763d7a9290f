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
    [Function("ListManifests")]
    [Summary("The account's manifests, newest first.")]
    [Query(typeof(ListQuery))]
    [Answer(200, "One page of them.", typeof(ListView<ManifestView>))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/manifests")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var list = $"manifests/{account}";
        var limit = Paging.Limit(query);
        var position = Paging.Position(query, list);
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var filter = LedgerKeys.Filter(account.Value, LedgerKeys.Manifest(""), LedgerKeys.Manifest("~"));
        var table = tables.GetTableClient(StorageNames.LedgerTable);
        if (await RowPage.Read(table, filter, limit, position, cancel) is not { } page) return Paging.NoSuchPosition();
        var data = new List<ManifestView>(limit);
        foreach (var row in page.Rows) data.Add(await views.Of(Manifest.FromRow(row), hasPage: false, cancel));
        return Paging.Answer(data, Paging.Cursor(page.Next, list));
    }
}
