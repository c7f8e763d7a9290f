using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Takes a job: checks it, prices it, holds its credits and hands it to a worker.</summary>
public sealed class SubmitJob(
    Callers callers, Catalogue catalogue, Presets presets, AcceptJob accept, JobAnswers answers, TimeProvider time)
{
    /// <summary>Three times the longest valid body: a prompt of 20,000 characters, each escaped to 6 bytes, and all metadata.</summary>
    private const long BodyBytesMax = 2 << 20;

    [Function("SubmitJob")]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/jobs")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();

        if (Unsupported(request) is { Count: > 0 } unsupported) return Problems.InvalidRequest(unsupported);
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;
        var (fields, noPreset) = await presets.Apply(account, document.RootElement, cancel);
        if (noPreset is not null) return Problems.InvalidRequest([noPreset]);
        if (ReadJobRequest.From(fields, "", catalogue, out var errors) is not { } asked) return Problems.InvalidRequest(errors);

        var now = time.GetUtcNow();
        var job = NewJob.From(account, JobId.New(now), asked, manifest: null, now);
        return await answers.Of(request, await accept.Take(job, cancel));
    }

    /// <summary>What a caller relies on to save credits must not be passed over in silence.</summary>
    private static List<FieldError> Unsupported(HttpRequest request)
    {
        var errors = new QueryFields(request.Query).RefuseOthers().ToList();
        if (request.Headers.ContainsKey("Idempotency-Key"))
        {
            errors.Add(new FieldError(
                "Idempotency-Key", "unknown_field", "The header 'Idempotency-Key' is not supported: send the job without it."));
        }

        return errors;
    }
}
