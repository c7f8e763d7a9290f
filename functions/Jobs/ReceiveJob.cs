using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.References;

namespace Pipeline.Jobs;

/// <summary>What a body says in the fields of <c>POST /v1/jobs</c>.</summary>
/// <param name="body">As it was sent.</param>
/// <param name="errors">What cannot be said so; empty if nothing.</param>
public delegate JsonElement FieldsOf(JsonElement body, out IReadOnlyList<FieldError> errors);

/// <summary>Takes a job from a request's body, once for its Idempotency-Key: reads, checks and accepts it.</summary>
public sealed class ReceiveJob(MakeJobOnce once, CheckJob check, LargeBodies large, AcceptJob accept)
{
    /// <summary>
    /// Three times the longest valid body without images, a prompt of 20,000 characters, each escaped to 6 bytes, and all metadata; and
    /// 10 images of 7 MiB in base64. Below the 100 MiB that the Functions host takes.
    /// </summary>
    public const long BodyBytesMax = LargeBodies.BytesMin + (10L * ((InlineImage.BytesMax + 2) / 3 * 4));

    /// <summary>For bodies that have the fields of <c>POST /v1/jobs</c>.</summary>
    public static JsonElement AsItIs(JsonElement body, out IReadOnlyList<FieldError> errors)
    {
        errors = [];
        return body;
    }

    /// <param name="request">Whose body is read.</param>
    /// <param name="account">Who sent it.</param>
    /// <param name="idempotencyKey">Its Idempotency-Key, or null.</param>
    /// <param name="fieldsOf">Reads the body; see <see cref="AsItIs"/>.</param>
    /// <param name="cancel">Gives up before the job is stored.</param>
    public async Task<Acceptance> From(
        HttpRequest request, AccountId account, string? idempotencyKey, FieldsOf fieldsOf, CancellationToken cancel)
    {
        var body = await ReadBody.Json(request, BodyBytesMax, large, account.Value, cancel);
        if (body is ReadBody.Refused refused) return new Acceptance.Refused(refused.Problem);
        using var read = (ReadBody.Read)body;
        return await once.Make(request, account, idempotencyKey, read.Sha256, Accept, cancel);

        async Task<Acceptance> Accept(FreeKey? key)
        {
            var fields = fieldsOf(read.Document.RootElement, out var errors);
            if (errors.Count > 0) return new Acceptance.Refused(Problems.InvalidRequest(errors));
            // A crash after this leaves stored images that no job names; the same images find them.
            var (job, problem) = await check.AndStore(account, fields, cancel);
            return job is null ? new Acceptance.Refused(problem!) : await accept.Take(job, key, cancel);
        }
    }
}
