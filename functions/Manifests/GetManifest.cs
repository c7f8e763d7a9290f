using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Manifests;

/// <summary>A manifest's progress.</summary>
public sealed class GetManifest(Callers callers, ManifestTable manifests, ManifestViews views, WriteManifestPage page)
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
        return ManifestId.TryParse(id, out var manifestId) && await manifests.Find(account, manifestId, cancel) is { } manifest
            ? Results.Json(await views.Of(manifest, await page.Refresh(manifest, cancel), cancel), Json.Options)
            : NoManifest(id);
    }

    internal static Problem NoManifest(string id) => Problems.NotFound(
        $"There is no manifest {JsonFields.Short(id)} in this account. GET /v1/manifests lists them.");
}
