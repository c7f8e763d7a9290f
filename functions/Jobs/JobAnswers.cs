using System.Globalization;
using Microsoft.AspNetCore.Http;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>Jobs as HTTP answers.</summary>
public sealed class JobAnswers(JobViews views)
{
    /// <summary>200: the job as it is.</summary>
    public async Task<IResult> Ok(Job job, CancellationToken cancel) => Results.Json(await views.Of(job, cancel), Json.Options);

    /// <summary>202: where the job is found, when to look, and what it is now.</summary>
    public async Task<IResult> Accepted(HttpRequest request, Job job)
    {
        var url = JobUrls.Of(request, job.Id);
        var headers = request.HttpContext.Response.Headers;
        headers.Location = url;
        headers["Operation-Location"] = url;
        headers.RetryAfter = JobUrls.PollAfter(job).ToString(CultureInfo.InvariantCulture);
        return Results.Json(await views.Of(job, CancellationToken.None), Json.Options, statusCode: StatusCodes.Status202Accepted);
    }

    /// <summary>The answer to a new job, or the problem with it.</summary>
    public async Task<IResult> Of(HttpRequest request, Acceptance acceptance) => acceptance switch
    {
        Acceptance.Accepted accepted => await Accepted(request, accepted.Job),
        Acceptance.Insufficient few => Problems.InsufficientCredits(few.Needed, few.Available),
        _ => throw new InvalidOperationException("Every new job is accepted or refused."),
    };
}
