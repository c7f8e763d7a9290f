using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>Asks once more for the images that a job ended without: a new job, with the same fields.</summary>
public sealed class RetryJob(
    Callers callers, JobTable jobs, MakeJobOnce once, AcceptJob accept, JobAnswers answers, TimeProvider time)
{
    /// <summary>It has no fields; a body is read only to say so.</summary>
    private const long BodyBytesMax = 64 * 1024;

    [Function("RetryJob")]
    [Summary("Asks once more for the images that a job ended without: a new job.")]
    [Header("Idempotency-Key")]
    [Header("Prefer")]
    [Answer(202, "The new job, accepted.", typeof(JobView), Headers = ["Location", "Operation-Location", "Retry-After"],
        OptionalHeaders = ["Idempotent-Replayed", "Preference-Applied"])]
    [Answer(200, "The new job, done while the answer waited, or deleted since.", typeof(JobView),
        Headers = ["Location", "Operation-Location"], OptionalHeaders = ["Idempotent-Replayed", "Preference-Applied"])]
    [Refuses(
        ProblemCode.NotFound, ProblemCode.JobAlreadyFinished, ProblemCode.RequestInProgress, ProblemCode.InsufficientCredits,
        ProblemCode.IdempotencyKeyReused, ProblemCode.InvalidJson, ProblemCode.InvalidRequest, ProblemCode.UnknownField,
        ProblemCode.TooLarge, ProblemCode.UnsupportedMediaType)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/jobs/{id}/retry")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var headers = PostHeaders.Of(request);
        FieldError[] faults = [.. new QueryFields(request.Query).RefuseOthers(), .. headers.Errors];
        if (faults.Length > 0) return Problems.InvalidRequest(faults);
        var body = await ReadBody.JsonOrNothing(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        var read = (ReadBody.Read)body;
        using var document = read.Document;
        if (new JsonFields(document.RootElement, "").RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var acceptance = await once.Make(
            request, account, headers.IdempotencyKey, read.Sha256, key => Retry(account, id, key, cancel), cancel);
        return await answers.Of(request, acceptance, headers.Wait, cancel);
    }

    private async Task<Acceptance> Retry(AccountId account, string id, FreeKey? key, CancellationToken cancel)
    {
        if (!JobId.TryParse(id, out var jobId) || await jobs.Read(account, jobId, cancel) is not { } old)
            return new Acceptance.Refused(GetJob.NoJob(id));
        if (old.DeletedAt is not null) return new Acceptance.Refused(GetJob.Deleted(old));
        if (!old.IsTerminal) return new Acceptance.Refused(DeleteJob.IsOpen(old));
        var missing = old.Request.Num - old.Images.Count;
        if (missing == 0)
            return new Acceptance.Refused(
                Problems.JobAlreadyFinished(old.Id.Value, Json.Name(old.Status), "none of its images is missing"));

        var now = time.GetUtcNow();
        var job = NewJob.From(account, JobId.New(now), old.Request with { Num = missing }, manifest: null, now) with
        {
            Parent = old.Id,
            Conversation = old.Conversation,
        };
        return await accept.Take(job, key, cancel);
    }
}
