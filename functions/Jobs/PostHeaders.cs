using Microsoft.AspNetCore.Http;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>The headers that every POST understands that makes a job.</summary>
/// <param name="IdempotencyKey">1 to 255 characters, or null: then the same request again makes another job.</param>
/// <param name="Wait">How long the answer may be held until the job is terminal; null not at all.</param>
/// <param name="Errors">All that is wrong with them; empty if nothing is.</param>
public sealed record PostHeaders(string? IdempotencyKey, TimeSpan? Wait, IReadOnlyList<FieldError> Errors)
{
    public const int KeyLengthMax = 255;

    public static PostHeaders Of(HttpRequest request)
    {
        var headers = new HeaderFields(request.Headers);
        return new PostHeaders(
            headers.Text("Idempotency-Key", KeyLengthMax), headers.Wait(WaitForJob.SecondsMax), headers.Errors);
    }
}
