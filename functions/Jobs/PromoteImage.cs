using System.ComponentModel;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Makes a draft final: a new job that redoes one image of another at another tier, with that image as its reference.</summary>
public sealed class PromoteImage(
    Callers callers, Catalogue catalogue, JobTable jobs, MakeJobOnce once, AcceptJob accept, JobAnswers answers, TimeProvider time)
{
    private const long BodyBytesMax = 64 * 1024;

    [Function("PromoteImage")]
    [Summary("Makes a draft final: a new job that redoes one image of another at another tier.")]
    [Header("Idempotency-Key")]
    [Header("Prefer")]
    [Body(typeof(PromoteFields))]
    [Answer(202, "The new job, accepted.", typeof(JobView), Headers = ["Location", "Operation-Location", "Retry-After"],
        OptionalHeaders = ["Idempotent-Replayed", "Preference-Applied"])]
    [Answer(200, "The new job, done while the answer waited, or deleted since.", typeof(JobView),
        Headers = ["Location", "Operation-Location"], OptionalHeaders = ["Idempotent-Replayed", "Preference-Applied"])]
    [Refuses(
        ProblemCode.NotFound, ProblemCode.RequestInProgress, ProblemCode.InsufficientCredits, ProblemCode.IdempotencyKeyReused)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/jobs/{id}/images/{n:int}/promote")] HttpRequest request,
        string id, [Description("Which of its images, from 0.")] int n, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var headers = PostHeaders.Of(request);
        FieldError[] faults = [.. new QueryFields(request.Query).RefuseOthers(), .. headers.Errors];
        if (faults.Length > 0) return Problems.InvalidRequest(faults);
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        var read = (ReadBody.Read)body;
        using var document = read.Document;
        var acceptance = await once.Make(
            request, account, headers.IdempotencyKey, read.Sha256,
            key => Promote(account, id, n, document.RootElement, key, cancel), cancel);
        return await answers.Of(request, acceptance, headers.Wait, cancel);
    }

    private async Task<Acceptance> Promote(
        AccountId account, string id, int n, JsonElement body, FreeKey? key, CancellationToken cancel)
    {
        if (!JobId.TryParse(id, out var jobId) || await jobs.Read(account, jobId, cancel) is not { } draft)
            return new Acceptance.Refused(GetJob.NoJob(id));
        if (ReadModel(body, draft, out var errors) is not { } model) return new Acceptance.Refused(Problems.InvalidRequest(errors));
        if (draft.Images.All(image => image.Index != n)) return new Acceptance.Refused(GetJobImage.NoImage(draft, n));

        var now = time.GetUtcNow();
        var asked = new JobRequest
        {
            Prompt = draft.Request.Prompt,
            Model = model,
            ImageSize = draft.Request.ImageSize,
            RefImages = [new ReferenceImage(new ImageSource.OfJob(draft.Id, n), Role: null)],
            Thinking = draft.Request.Thinking,
            Search = draft.Request.Search,
            ServiceTier = draft.Request.ServiceTier,
        };
        var job = NewJob.From(account, JobId.New(now), asked, manifest: null, now) with { Parent = draft.Id };
        return await accept.Take(job, key, cancel);
    }

    /// <summary>Required, and another one: what costs credits is named, and the same tier again would be no promotion.</summary>
    private Model? ReadModel(JsonElement json, Job draft, out IReadOnlyList<FieldError> errors)
    {
        var fields = new JsonFields(json, "");
        var name = fields.Text("model", ReadJobRequest.ModelLengthMax, required: true);
        var model = name is null ? null : ReadJobRequest.Model(fields, name, catalogue);
        if (model == draft.Request.Model)
            fields.Refuse("model", "not_allowed", $"The image is of {model.Tier} already: name another tier, or submit a job for another.");
        errors = fields.RefuseOthers();
        return errors.Count == 0 ? model : null;
    }

    /// <summary>What is asked for.</summary>
    public sealed record PromoteFields([ModelName, Description("Another than the image has.")] string Model);
}
