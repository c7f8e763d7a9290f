using Microsoft.AspNetCore.Http;
using Pipeline.Http;

namespace Pipeline.Manifests;

/// <summary>Answers with a manifest, and where to ask for it again.</summary>
public sealed class ManifestAnswers(ManifestViews views, PublicUrls urls)
{
    /// <summary>What is read and run in the background: ask again.</summary>
    public Task<IResult> Accepted(HttpRequest request, Manifest manifest, CancellationToken cancel) =>
        Answer(request, manifest, StatusCodes.Status202Accepted, cancel);

    public Task<IResult> There(HttpRequest request, Manifest manifest, CancellationToken cancel) =>
        Answer(request, manifest, StatusCodes.Status200OK, cancel);

    private async Task<IResult> Answer(HttpRequest request, Manifest manifest, int status, CancellationToken cancel)
    {
        request.HttpContext.Response.Headers.Location = urls.Of(request, $"v1/manifests/{manifest.Id}");
        return Results.Json(await views.Of(manifest, hasPage: false, cancel), Json.Options, statusCode: status);
    }
}
