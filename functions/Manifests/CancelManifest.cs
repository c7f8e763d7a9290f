using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Asks for a manifest's end. What is delivered by then is kept and paid, the rest released.</summary>
public sealed class CancelManifest(Callers callers, ManifestTable manifests, ManifestAnswers answers, ManifestTurns turns)
{
    /// <summary>A manifest that runs is written every second or so, and each try takes a hundredth of that.</summary>
    private const int TriesMax = 50;

    [Function("CancelManifest")]
    [Summary("Ends a manifest early. What is delivered already is kept and paid, the rest released.")]
    [Answer(202, "The manifest; it is canceled when the jobs that workers are at are done.", typeof(ManifestView), Headers = ["Location"])]
    [Refuses(ProblemCode.NotFound, ProblemCode.JobAlreadyFinished, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/manifests/{id}/cancel")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (!ManifestId.TryParse(id, out var manifestId)) return GetManifest.NoManifest(id);
        for (var tries = 0; tries < TriesMax; tries++)
        {
            if (await manifests.Find(account, manifestId, cancel) is not { } manifest) return GetManifest.NoManifest(id);
            if (!manifest.IsOpen) return Problems.ManifestAlreadyFinished(id, Json.Name(manifest.State));
            if (!manifest.CancelRequested && !await manifests.TryRequestCancel(manifest, cancel)) continue;
            // A crash before this leaves a manifest that is ended in its next turn, a little later.
            await turns.Send(manifest, TimeSpan.Zero, cancel);
            return await answers.Accepted(request, manifest, cancel);
        }

        throw new StorageBusyException($"Manifest {id}", TriesMax);
    }
}
