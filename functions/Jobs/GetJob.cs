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

    internal static Problem Deleted(Job job) => Problems.NotFound(
        $"Job {job.Id} was deleted at {job.DeletedAt:yyyy-MM-dd'T'HH:mm:ss'Z'}; of it only its status and its credits are left.");
}
