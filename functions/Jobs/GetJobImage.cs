using System.ComponentModel;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>Leads to one image of a job by a fresh signed URL.</summary>
public sealed class GetJobImage(Callers callers, JobTable jobs, SignedUrls urls)
{
    [Function("GetJobImage")]
    [Summary("Leads to one image of a job.")]
    [Answer(302, "To a signed URL that works for a time.", Headers = ["Location", "Cache-Control"])]
    [Refuses(ProblemCode.NotFound, ProblemCode.RequestInProgress, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/jobs/{id}/images/{n:int}")] HttpRequest request,
        string id, [Description("Which of its images, from 0.")] int n, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (!JobId.TryParse(id, out var jobId) || await jobs.Read(account, jobId, cancel) is not { } job) return GetJob.NoJob(id);
        if (job.Images.FirstOrDefault(image => image.Index == n) is not { } image) return NoImage(job, n);

        var signed = await urls.ToRead(StorageNames.OutputsContainer, image.Blob, cancel);
        // The target is valid for a short time only, so the redirect must not outlive it in a cache.
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        return Results.Redirect(signed.Url.AbsoluteUri);
    }

    internal static Problem NoImage(Job job, int n) =>
        job.DeletedAt is not null ? GetJob.Deleted(job)
        : !job.IsTerminal && n >= 0 && n < job.Request.Num
            ? Problems.ImageIsNotThereYet(job.Id.Value, Json.Name(job.Status), n, TimeSpan.FromSeconds(JobUrls.PollAfter(job)))
        : Problems.NotFound(
            $"Job {job.Id} is {Json.Name(job.Status)} and has no stored image {n}; it has {job.Images.Count} of {job.Request.Num}.");
}
