using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>Every refusal of the app, with its numbers and the way out.</summary>
public static class Problems
{
    /// <summary>How long a client waits when storage is unavailable; the SDK's own retries have taken some seconds already.</summary>
    private static readonly TimeSpan StorageRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>A job is accepted in well under it.</summary>
    private static readonly TimeSpan InProgressRetryAfter = TimeSpan.FromSeconds(1);

    public static Problem InvalidJson(string detail) => new()
    {
        Status = StatusCodes.Status400BadRequest,
        Code = "invalid_json",
        Title = "The body is not JSON",
        Detail = detail,
    };

    /// <param name="errors">At least one. If unknown fields are all that is wrong, the code says so.</param>
    public static Problem InvalidRequest(IReadOnlyList<FieldError> errors) => new()
    {
        Status = StatusCodes.Status400BadRequest,
        Code = errors.All(error => error.Code == "unknown_field") ? "unknown_field" : "invalid_request",
        Title = "The request is not valid",
        Detail = string.Join(' ', errors.Select(error => error.Detail)),
        Errors = errors,
    };

    public static Problem Unauthorized() => new()
    {
        Status = StatusCodes.Status401Unauthorized,
        Code = "unauthorized",
        Title = "No valid API key",
        Detail = "Send the header 'Authorization: Bearer nb_…' with an API key of your account. Keys are shown once, when they are made.",
    };

    /// <param name="what">What there is none of, as 'No job job_… in this account.'</param>
    public static Problem NotFound(string what) => new()
    {
        Status = StatusCodes.Status404NotFound,
        Code = "not_found",
        Title = "Not found",
        Detail = what,
    };

    public static Problem InsufficientCredits(long needed, long available) => new()
    {
        Status = StatusCodes.Status402PaymentRequired,
        Code = "insufficient_credits",
        Title = "Not enough credits",
        Detail = $"This needs {needed} credits and {available} are available: ask for fewer images or a smaller model, wait for open "
            + $"jobs to release what they hold, or have the operator grant {needed - available} more.",
        Needed = needed,
        Available = available,
    };

    /// <param name="job">Its id.</param>
    /// <param name="status">How it ended.</param>
    /// <param name="reason">Why nothing can be done to it, as the rest of a sentence.</param>
    public static Problem JobAlreadyFinished(string job, string status, string reason) => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "job_already_finished",
        Title = "The job is done",
        Detail = $"Job {job} is {status}: {reason}. GET /v1/jobs/{job} shows it; POST /v1/jobs submits another.",
    };

    public static Problem JobIsOpen(string job, string status) => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "request_in_progress",
        Title = "The job is not done yet",
        Detail = $"Job {job} is {status}: end it with POST /v1/jobs/{job}/cancel, or wait until it is done, then ask again.",
        Retryable = true,
    };

    public static Problem TooLarge(long bytesMax) => new()
    {
        Status = StatusCodes.Status413PayloadTooLarge,
        Code = "too_large",
        Title = "The body is too large",
        Detail = $"At most {bytesMax:N0} bytes are read.",
    };

    public static Problem UnsupportedMediaType(string? given) => new()
    {
        Status = StatusCodes.Status415UnsupportedMediaType,
        Code = "unsupported_media_type",
        Title = "The body's type is not supported",
        Detail = $"Send the body as 'Content-Type: application/json'; given was '{given}'.",
    };

    public static Problem TooManyLargeBodies(TimeSpan waited) => new()
    {
        Status = StatusCodes.Status429TooManyRequests,
        Code = "too_many_requests",
        Title = "Too many large bodies at once",
        Detail = $"No place for a body of this size came free within {waited.TotalSeconds:0} s. Try again, or upload the images with "
            + "POST /v1/references and name them.",
        Retryable = true,
        RetryAfter = waited,
    };

    public static Problem NotAnImage(long bytes) => new()
    {
        Status = StatusCodes.Status415UnsupportedMediaType,
        Code = "unsupported_media_type",
        Title = "The body is no image",
        Detail = $"Send the bytes of a PNG, JPEG or WebP file as the body; the {bytes:N0} bytes that came are none.",
    };

    public static Problem ReferenceReused(string reference) => new()
    {
        Status = StatusCodes.Status422UnprocessableEntity,
        Code = "idempotency_key_reused",
        Title = "The reference belongs to another grant",
        Detail = $"A grant with the reference '{reference}' was made with other values. Use a new reference for a new grant.",
    };

    public static Problem IdempotencyKeyReused() => new()
    {
        Status = StatusCodes.Status422UnprocessableEntity,
        Code = "idempotency_key_reused",
        Title = "The Idempotency-Key belongs to another request",
        Detail = "In the last 24 hours this account sent another request with this Idempotency-Key: method, path or body differ. "
            + "Repeat that request as it was, or use a new key for a new one.",
    };

    public static Problem RequestInProgress() => new()
    {
        Status = StatusCodes.Status409Conflict,
        Code = "request_in_progress",
        Title = "The first request with this Idempotency-Key is under way",
        Detail = $"It has no answer yet. Send the same request again in {InProgressRetryAfter.TotalSeconds:0} s to get it.",
        Retryable = true,
        RetryAfter = InProgressRetryAfter,
    };

    public static Problem StorageUnavailable() => new()
    {
        Status = StatusCodes.Status503ServiceUnavailable,
        Code = "storage_unavailable",
        Title = "Storage is unavailable",
        Detail = $"Storage did not answer in time. Try again in {StorageRetryAfter.TotalSeconds:0} s.",
        Retryable = true,
        RetryAfter = StorageRetryAfter,
    };

    public static Problem InternalError() => new()
    {
        Status = StatusCodes.Status500InternalServerError,
        Code = "internal_error",
        Title = "Something went wrong here",
        Detail = "This is a fault of the service, not of the request. The operator finds it in the logs by the trace_id.",
        Retryable = true,
    };
}
