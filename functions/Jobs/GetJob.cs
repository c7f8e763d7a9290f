using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>A job's status, images and credits.</summary>
public sealed class GetJob(Callers callers, JobTable jobs, JobViews views)
{
    [Function("GetJob")]
    [Summary("A job: its status, images and credits.")]
    [Answer(200, "The job; while it is open, with the time to ask again.", typeof(JobView), OptionalHeaders = ["Retry-After"])]
    [Refuses(ProblemCode.NotFound)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/jobs/{id}")] HttpRequest request, string id, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (!JobId.TryParse(id, out var jobId) || await jobs.Read(account, jobId, cancel) is not { } job) return NoJob(id);

        if (!job.IsTerminal)
            request.HttpContext.Response.Headers.RetryAfter = JobUrls.PollAfter(job).ToString(CultureInfo.InvariantCulture);
        return Results.Json(await views.Of(job, cancel), Json.Options);
    }

    internal static Problem NoJob(string id) =>
        Problems.NotFound($"There is no job '{(id.Length <= 40 ? id : id[..40] + "…")}' in this account.");
}
