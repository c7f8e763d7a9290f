using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>Takes a job from a request's body, once for its Idempotency-Key: reads, checks and accepts it.</summary>
public sealed class ReceiveJob(MakeJobOnce once, CheckJob check, AcceptJob accept)
{
    /// <summary>Three times the longest valid body: a prompt of 20,000 characters, each escaped to 6 bytes, and all metadata.</summary>
    public const long BodyBytesMax = 2 << 20;

    /// <param name="request">Whose body is read.</param>
    /// <param name="account">Who sent it.</param>
    /// <param name="idempotencyKey">Its Idempotency-Key, or null.</param>
    /// <param name="fieldsOf">What the body says in the fields of <c>POST /v1/jobs</c>.</param>
    /// <param name="cancel">Gives up before the job is stored.</param>
    public async Task<Acceptance> From(
        HttpRequest request, AccountId account, string? idempotencyKey, Func<JsonElement, JsonElement> fieldsOf, CancellationToken cancel)
    {
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return new Acceptance.Refused(refused.Problem);
        var read = (ReadBody.Read)body;
        using var document = read.Document;
        return await once.Make(request, account, idempotencyKey, read.Sha256, Accept, cancel);

        async Task<Acceptance> Accept(FreeKey? key)
        {
            var (job, problem) = await check.From(account, fieldsOf(document.RootElement), cancel);
            return job is null ? new Acceptance.Refused(problem!) : await accept.Take(job, key, cancel);
        }
    }
}
