using System.Globalization;
using Microsoft.AspNetCore.Http;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>Jobs as HTTP answers.</summary>
public sealed class JobAnswers(JobViews views, WaitForJob waiting, PublicUrls urls)
{
    /// <summary>The header that tells a caller that the job was made before.</summary>
    internal const string Replayed = "Idempotent-Replayed";

    /// <summary>The answer to a new job, or the problem with it.</summary>
    /// <param name="request">What is answered.</param>
    /// <param name="acceptance">What became of it.</param>
    /// <param name="wait">How long to hold the answer until the job is terminal, or null to answer at once.</param>
    /// <param name="cancel">Ends the wait: a job that is accepted is answered all the same.</param>
    public async Task<IResult> Of(HttpRequest request, Acceptance acceptance, TimeSpan? wait, CancellationToken cancel)
    {
        if (acceptance is Acceptance.Replayed) request.HttpContext.Response.Headers[Replayed] = "true";
        return acceptance switch
        {
            Acceptance.Accepted accepted when wait is { } limit => await Held(request, accepted.Job, limit, cancel),
            Acceptance.Accepted accepted => await Accepted(request, accepted.Job),
            Acceptance.Replayed replayed when wait is { } limit => await Held(request, replayed.Job, limit, cancel),
            // Its first answer had the words that were deleted; the caller learns that it was, and gets no second job for it.
            Acceptance.Replayed { Job: { DeletedAt: not null } deleted } => await Done(request, deleted),
            Acceptance.Replayed replayed => await Accepted(request, NewJob.AsAccepted(replayed.Job)),
            Acceptance.Insufficient few => Problems.InsufficientCredits(few.Needed, few.Available),
            Acceptance.OverLimit { Limit: var limit } => Problems.LimitReached(limit.ToString(), limit.RetryAfter),
            Acceptance.Refused refused => refused.Problem,
            _ => throw new InvalidOperationException("Every new job is accepted or refused."),
        };
    }

    /// <summary>202: where the job is found, when to look, and what it is now.</summary>
    public async Task<IResult> Accepted(HttpRequest request, Job job)
    {
        request.HttpContext.Response.Headers.RetryAfter = JobUrls.PollAfter(job).ToString(CultureInfo.InvariantCulture);
        return await Answer(request, job, StatusCodes.Status202Accepted);
    }

    /// <summary>200: the job as it is, done.</summary>
    public Task<IResult> Done(HttpRequest request, Job job) => Answer(request, job, StatusCodes.Status200OK);

    /// <summary>200 if the job became terminal in time, else 202 as it is then.</summary>
    private async Task<IResult> Held(HttpRequest request, Job job, TimeSpan wait, CancellationToken cancel)
    {
        var found = await waiting.Until(request, job, wait, cancel);
        request.HttpContext.Response.Headers["Preference-Applied"] =
            string.Create(CultureInfo.InvariantCulture, $"wait={wait.TotalSeconds:0}");
        return found.IsTerminal ? await Done(request, found) : await Accepted(request, found);
    }

    private async Task<IResult> Answer(HttpRequest request, Job job, int status)
    {
        var url = urls.Of(request, JobUrls.PathOf(job.Id));
        request.HttpContext.Response.Headers.Location = url;
        request.HttpContext.Response.Headers["Operation-Location"] = url;
        return Results.Json(await views.Of(job, CancellationToken.None), Json.Options, statusCode: status);
    }
}
