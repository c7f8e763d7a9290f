using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.References;

namespace Pipeline.Jobs;

/// <summary>Takes a job: checks it, prices it, holds its credits and hands it to a worker.</summary>
public sealed class SubmitJob(Callers callers, Catalogue catalogue, LargeBodies large, ResolveImages resolve, AcceptJob accept, JobAnswers answers,
    TimeProvider time)
{
    /// <summary>
    /// Three times the longest valid body without images: a prompt of 20,000 characters, each escaped to 6 bytes, and all metadata; and
    /// 10 images of 7 MiB in base64. Below the 100 MiB that the Functions host takes.
    /// </summary>
    public const long BodyBytesMax = LargeBodies.BytesMin + 10L * ((InlineImage.BytesMax + 2) / 3 * 4);

    [Function("SubmitJob")]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/jobs")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();

        if (Unsupported(request) is { Count: > 0 } unsupported) return Problems.InvalidRequest(unsupported);
        var body = await ReadBody.Json(request, BodyBytesMax, large, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var read = (ReadBody.Read)body;
        if (ReadJobRequest.From(read.Document.RootElement, "", catalogue, out var errors) is not { } asked)
            return Problems.InvalidRequest(errors);

        // A crash after this leaves stored images that no job names; the same images find them.
        var resolution = await resolve.Run(account, asked, cancel);
        if (resolution is Resolution.Refused missing) return Problems.InvalidRequest(missing.Errors);
        var resolved = (Resolution.Resolved)resolution;

        var now = time.GetUtcNow();
        var job = NewJob.From(account, JobId.New(now), resolved.Request, manifest: null, now) with
        {
            Parent = resolved.Parent,
            Conversation = resolved.Conversation,
        };
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
