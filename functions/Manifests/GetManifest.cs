using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>A manifest's progress.</summary>
public sealed class GetManifest(Callers callers, TableServiceClient tables, ManifestViews views)
{
    [Function("GetManifest")]
    [Summary("A manifest's progress.")]
    [Answer(200, "The manifest, with its jobs counted.", typeof(ManifestView))]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/manifests/{id}")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (!ManifestId.TryParse(id, out var manifestId)) return NoManifest();
        var row = await tables.GetTableClient(StorageNames.LedgerTable)
            .GetEntityIfExistsAsync<TableEntity>(account.Value, manifestId.RowKey, cancellationToken: cancel);
        return row.HasValue ? Results.Json(await views.Of(Manifest.FromRow(row.Value!), cancel), Json.Options) : NoManifest();
    }

    private static Problem NoManifest() => Problems.NotFound("There is no such manifest in this account.");
}
