using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>Forgets a preset. Jobs that were made with it keep its fields.</summary>
public sealed class DeletePreset(Callers callers, Presets presets)
{
    [Function("DeletePreset")]
    [Summary("Forgets a preset. Jobs that were made with it keep its fields.")]
    [Answer(204, "It is gone.")]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v1/presets/{name}")] HttpRequest request, string name,
        CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        return await presets.Delete(account, name, cancel) ? Results.NoContent() : GetPresets.NoPreset(name);
    }
}
