using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Net.Http.Headers;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>A job's status, images and credits; at once, or when there is something new to tell.</summary>
public sealed class GetJob(Callers callers, JobTable jobs, WaitForJob wait, JobTag tag, JobViews views)
{
    [Function("GetJob")]
    [Summary("A job: its status, images and credits.")]
    [Query(typeof(GetJobQuery))]
    [Header("If-None-Match")]
    [Answer(200, "The job; while it is open, with the time to ask again.", typeof(JobView), Headers = ["ETag", "Cache-Control"],
        OptionalHeaders = ["Retry-After"])]
    [Answer(304, "It is still the same.", Headers = ["ETag", "Cache-Control"], OptionalHeaders = ["Retry-After"])]
    [Refuses(ProblemCode.NotFound)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/jobs/{id}")] HttpRequest request, string id, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var limit = query.Whole("wait", 1, WaitForJob.SecondsMax);
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (!JobId.TryParse(id, out var jobId) || await jobs.Read(account, jobId, cancel) is not { } job) return NoJob(id);

        var known = JobTag.Read(request.Headers.IfNoneMatch);
        if (limit is { } seconds)
            job = await wait.Until(request, job, found => IsNews(found, known), TimeSpan.FromSeconds(seconds), cancel);
        // Not canceled when the host stops: a caller who waited gets what is known.
        return await Answer(request, job, known, request.HttpContext.RequestAborted);
    }

    internal static Problem NoJob(string id) =>
        Problems.NotFound($"There is no job '{(id.Length <= 40 ? id : id[..40] + "…")}' in this account.");

    internal static Problem Deleted(Job job) => Problems.NotFound(
        $"Job {job.Id} was deleted at {job.DeletedAt:yyyy-MM-dd'T'HH:mm:ss'Z'}; of it only its status and its credits are left.");

    /// <summary>What may be asked for.</summary>
    public sealed record GetJobQuery(
        [Whole(1, WaitForJob.SecondsMax)]
        [Description("For how many seconds to hold the answer until the job is done, or, with If-None-Match, until it is another one.")]
        int? Wait);

    /// <summary>Whoever has a version of the job waits for another one, everybody else for the last one.</summary>
    private bool IsNews(Job job, IList<EntityTagHeaderValue> known) => job.IsTerminal || (known.Count > 0 && !tag.IsKnown(known, job));

    private async Task<IResult> Answer(HttpRequest request, Job job, IList<EntityTagHeaderValue> known, CancellationToken cancel)
    {
        var headers = request.HttpContext.Response.Headers;
        // The tag is taken before the URLs are signed: what it promises of them must not be too much.
        headers.ETag = tag.Of(job).ToString();
        // May be kept by the caller alone, and only to be asked about again: it changes at any time and carries signed URLs.
        headers.CacheControl = "private, no-cache";
        if (!job.IsTerminal) headers.RetryAfter = JobUrls.PollAfter(job).ToString(CultureInfo.InvariantCulture);
        return tag.IsKnown(known, job)
            ? Results.StatusCode(StatusCodes.Status304NotModified)
            : Results.Json(await views.Of(job, cancel), Json.Options);
    }
}
