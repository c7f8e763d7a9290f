using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>
/// The image API's own two routes: takes its requests, waits, and answers in its shape, so that a program written for that API works by
/// changing its base URL, and gains the ledger, the storage and the retries.
/// </summary>
[Header("Idempotency-Key")]
[Answer(200, "The images.", typeof(NanoBananaAnswer), OptionalHeaders = ["Idempotent-Replayed"])]
[Answer(400, "The job failed for a reason that the caller can mend.", typeof(NanoBananaErrorView))]
[Answer(404, "The job was deleted since.", typeof(NanoBananaErrorView))]
[Answer(409, "The job was canceled.", typeof(NanoBananaErrorView))]
[Answer(503, "The job failed for another reason.", typeof(NanoBananaErrorView), Headers = ["Retry-After"])]
[Answer(504, "The job is not done in time, and goes on.", typeof(NanoBananaErrorView))]
[Refuses(
    ProblemCode.NotFound, ProblemCode.InsufficientCredits, ProblemCode.IdempotencyKeyReused, ProblemCode.RequestInProgress,
    As = typeof(NanoBananaErrorView))]
public sealed class GenerateImages(Callers callers, ReceiveJob receive, WaitForJob wait, JobViews views)
{
    /// <summary>Azure ends an HTTP request after 230 s; the caller must hear of the job before.</summary>
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(200);

    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(10);

    [Function("GenerateImages")]
    [Summary("Makes images, and waits for them: the NanoBanana API's own route.")]
    [Body(typeof(GenerateFields))]
    public Task<IResult> RunGenerate(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/images/generate")] HttpRequest request, CancellationToken cancel) =>
        Run(request, edits: false, cancel);

    [Function("EditImage")]
    [Summary("Edits an image, and waits for it: the NanoBanana API's own route.")]
    [Body(typeof(EditFields))]
    public Task<IResult> RunEdit(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/images/edit")] HttpRequest request, CancellationToken cancel) =>
        Run(request, edits: true, cancel);

    private async Task<IResult> Run(HttpRequest request, bool edits, CancellationToken cancel)
    {
        // The images that go along are fetched before the job is there to be waited for.
        var arrived = wait.Now;
        if (await callers.Authenticate(request, cancel) is not { } account) return NanoBananaError.Of(Problems.Unauthorized());
        var headers = PostHeaders.Of(request);
        FieldError[] faults = [.. new QueryFields(request.Query).RefuseOthers(), .. headers.Errors];
        if (faults.Length > 0) return NanoBananaError.Of(Problems.InvalidRequest(faults));

        return await receive.From(request, account, headers.IdempotencyKey, FieldsOf, cancel) switch
        {
            Acceptance.Accepted accepted => await Answer(await wait.Until(request, accepted.Job, arrived, WaitLimit, cancel)),
            Acceptance.Replayed replayed => await Replay(request, replayed.Job, arrived, cancel),
            Acceptance.Insufficient few => NanoBananaError.Of(Problems.InsufficientCredits(few.Needed, few.Available)),
            Acceptance.OverLimit { Limit: var limit } => NanoBananaError.Of(Problems.LimitReached(limit.ToString(), limit.RetryAfter)),
            Acceptance.Refused refused => NanoBananaError.Of(ReadNanoBananaRequest.InItsWords(refused.Problem)),
            _ => throw new InvalidOperationException("Every new job is accepted or refused."),
        };

        JsonElement FieldsOf(JsonElement body, out IReadOnlyList<FieldError> errors) =>
            ReadNanoBananaRequest.From(body, edits, out errors);
    }

    private async Task<IResult> Replay(HttpRequest request, Job job, long arrived, CancellationToken cancel)
    {
        var answer = await Answer(await wait.Until(request, job, arrived, WaitLimit, cancel));
        if (answer is not NanoBananaError) request.HttpContext.Response.Headers[JobAnswers.Replayed] = "true";
        return answer;
    }

    private async Task<IResult> Answer(Job job)
    {
        if (!job.IsTerminal)
            return new NanoBananaError(
                StatusCodes.Status504GatewayTimeout,
                $"Not done within {WaitLimit.TotalSeconds:0} s. Nothing is lost: GET /v1/jobs/{job.Id} has the images when they are there.",
                job.Id.Value);
        // Its request may be sent again under its key when the job was deleted in the meantime.
        if (job.DeletedAt is not null) return NanoBananaError.Of(GetJob.Deleted(job));
        if (job.Images.Count == 0) return Failed(job);

        var view = await views.Of(job, CancellationToken.None);
        var urls = view.Images.Select(image => image.Url).OfType<string>().ToList();
        var reason = job.Error?.Detail ?? $"the job was {Json.Name(job.Status)}.";
        var message = urls.Count == job.Request.Num ? "success" : $"{urls.Count} of {job.Request.Num} images: {reason}";
        // Whoever asked for one reads a string, whoever asked for more a list.
        return Results.Json(
            new NanoBananaAnswer(0, message, new NanoBananaData(job.Request.Num == 1 ? urls[0] : urls), job.Id.Value), Json.Options);
    }

    /// <summary>What the caller can mend is a bad request; all else may pass.</summary>
    private static NanoBananaError Failed(Job job)
    {
        var status = job.Error?.Code switch
        {
            "content_rejected" or "upstream_rejected" or "reference_unreachable" => StatusCodes.Status400BadRequest,
            null when job.Status == JobStatus.Canceled => StatusCodes.Status409Conflict,
            _ => StatusCodes.Status503ServiceUnavailable,
        };
        var detail = job.Error is { } error ? $"{error.Code}: {error.Detail}" : $"The job was {Json.Name(job.Status)}.";
        return new NanoBananaError(status, $"{detail} All its credits were released.", job.Id.Value)
        {
            RetryAfter = status == StatusCodes.Status503ServiceUnavailable ? TryAgainAfter : null,
        };
    }
}

/// <summary>Images in the NanoBanana API's own shape.</summary>
public sealed record NanoBananaAnswer(
    [AllowedValues(0)] int Code,
    [Description("success, or how many of the images there are and why.")] string Message,
    NanoBananaData Data,
    [Description("The job that made them.")] string Job);

/// <summary>Where the images are.</summary>
public sealed record NanoBananaData(
    [UrlOrUrls, Description("A string if one image was asked for, else a list of those that there are.")] object Url);

/// <summary>A field that is one URL or a list of them.</summary>
public sealed class UrlOrUrlsAttribute : FieldRuleAttribute
{
    public override void Describe(JsonObject schema)
    {
        var url = new JsonObject { ["type"] = "string", ["format"] = "uri" };
        schema["anyOf"] = new JsonArray(url, new JsonObject { ["type"] = "array", ["items"] = url.DeepClone() });
    }
}
