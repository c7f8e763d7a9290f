namespace Pipeline.Http;

/// <summary>
/// Every refusal of the app, with its numbers and the way out. Status and title come from its <see cref="ProblemCode"/>; which function
/// refuses with which code is declared at the function, see <see cref="RefusesAttribute"/>.
/// </summary>
public static class Problems
{
    /// <summary>How long a client waits when storage is unavailable; the SDK's own retries have taken some seconds already.</summary>
    private static readonly TimeSpan StorageRetryAfter = TimeSpan.FromSeconds(5);

    /// <summary>A job is accepted in well under it.</summary>
    private static readonly TimeSpan InProgressRetryAfter = TimeSpan.FromSeconds(1);

    public static Problem InvalidJson(string detail) => new()
    {
        Code = ProblemCode.InvalidJson,
        Detail = detail,
    };

    /// <param name="errors">At least one. If unknown fields are all that is wrong, the code says so.</param>
    public static Problem InvalidRequest(IReadOnlyList<FieldError> errors) => new()
    {
        Code = errors.All(error => error.Code == "unknown_field") ? ProblemCode.UnknownField : ProblemCode.InvalidRequest,
        Detail = string.Join(' ', errors.Select(error => error.Detail)),
        Errors = errors,
    };

    public static Problem Unauthorized() => new()
    {
        Code = ProblemCode.Unauthorized,
        Detail = "Send the header 'Authorization: Bearer nb_…' with an API key of your account. Keys are shown once, when they are made.",
    };

    /// <param name="what">What there is none of, as 'No job job_… in this account.'</param>
    public static Problem NotFound(string what) => new()
    {
        Code = ProblemCode.NotFound,
        Detail = what,
    };

    public static Problem InsufficientCredits(long needed, long available) => new()
    {
        Code = ProblemCode.InsufficientCredits,
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
        Code = ProblemCode.JobAlreadyFinished,
        Detail = $"Job {job} is {status}: {reason}. GET /v1/jobs/{job} shows it; POST /v1/jobs submits another.",
    };

    /// <summary>The contract's code for what is done, of jobs and of manifests.</summary>
    public static Problem ManifestAlreadyFinished(string manifest, string status) => new()
    {
        Code = ProblemCode.JobAlreadyFinished,
        Detail = $"Manifest {manifest} is {status}: what is done stays. GET /v1/manifests/{manifest} shows it.",
    };

    public static Problem JobIsOpen(string job, string status, TimeSpan askAgainAfter) => new()
    {
        Code = ProblemCode.RequestInProgress,
        Detail = $"Job {job} is {status}: end it with POST /v1/jobs/{job}/cancel, or wait until it is done, then ask again.",
        RetryAfter = askAgainAfter,
    };

    public static Problem ImageIsNotThereYet(string job, string status, int image, TimeSpan askAgainAfter) => new()
    {
        Code = ProblemCode.RequestInProgress,
        Detail = $"Job {job} is {status} and its image {image} is not stored yet: ask again in {askAgainAfter.TotalSeconds:0} s, or wait "
            + $"for the job with GET /v1/jobs/{job}?wait=60.",
        RetryAfter = askAgainAfter,
    };

    public static Problem TooLarge(long bytesMax) => new()
    {
        Code = ProblemCode.TooLarge,
        Detail = $"At most {bytesMax:N0} bytes are read.",
    };

    public static Problem UnsupportedMediaType(string? given) => new()
    {
        Code = ProblemCode.UnsupportedMediaType,
        Detail = $"Send the body as 'Content-Type: application/json'; given was '{given}'.",
    };

    public static Problem TooManyLargeBodies(
        TimeSpan waited, string orElse = "upload the images with POST /v1/references and name them") => new()
        {
            Code = ProblemCode.TooManyRequests,
            Detail = $"No place for a body of this size came free within {waited.TotalSeconds:0} s. Try again, or {orElse}.",
            RetryAfter = waited,
        };

    public static Problem TooManyRequests(long perMinute, TimeSpan retryAfter) => new()
    {
        Code = ProblemCode.TooManyRequests,
        Detail = $"This account may send {perMinute:N0} requests in a minute. Try again in {Math.Ceiling(retryAfter.TotalSeconds):0} s, "
            + "wait for jobs with ?wait=60 instead of asking often, or ask the operator for more.",
        RetryAfter = retryAfter,
    };

    /// <param name="detail">The limit, what is used of it, and the way out.</param>
    /// <param name="retryAfter">When it may be worth another try.</param>
    public static Problem LimitReached(string detail, TimeSpan retryAfter) => new()
    {
        Code = ProblemCode.TooManyRequests,
        Detail = detail,
        RetryAfter = retryAfter,
    };

    public static Problem TooSlow() => InvalidJson(
        $"{LargeBodies.Pace(LargeBodies.ArrivesWithin)} Over a slow line, upload the images one by one with POST /v1/references and name "
        + "them.");

    public static Problem NotAnImage(long bytes) => new()
    {
        Code = ProblemCode.UnsupportedMediaType,
        Detail = $"Send the bytes of a PNG, JPEG or WebP file as the body; the {bytes:N0} bytes that came are none.",
    };

    public static Problem NotAManifest(string? given) => new()
    {
        Code = ProblemCode.UnsupportedMediaType,
        Detail = "Send a manifest as 'Content-Type: application/json', or one job a line as 'application/x-ndjson', either also with "
            + $"gzip; given was '{given}'.",
    };

    public static Problem NotAForm() => new()
    {
        Code = ProblemCode.UnsupportedMediaType,
        Detail = "Send the bytes of a PNG, JPEG or WebP file as the body, not a form with the file in it; with curl, that is "
            + "--data-binary @file in the place of -F.",
    };

    public static Problem ReferenceReused(string reference) => new()
    {
        Code = ProblemCode.IdempotencyKeyReused,
        Detail = $"With the reference '{reference}' something else was done in this account. Use a new reference for each transfer.",
    };

    public static Problem IdempotencyKeyReused() => new()
    {
        Code = ProblemCode.IdempotencyKeyReused,
        Detail = "In the last 24 hours this account sent another request with this Idempotency-Key: method, path or body differ. "
            + "Repeat that request as it was, or use a new key for a new one.",
    };

    public static Problem RequestInProgress() => new()
    {
        Code = ProblemCode.RequestInProgress,
        Detail = $"It has no answer yet. Send the same request again in {InProgressRetryAfter.TotalSeconds:0} s to get it.",
        RetryAfter = InProgressRetryAfter,
    };

    public static Problem StorageUnavailable() => new()
    {
        Code = ProblemCode.StorageUnavailable,
        Detail = $"Storage did not answer in time. Try again in {StorageRetryAfter.TotalSeconds:0} s.",
        RetryAfter = StorageRetryAfter,
    };

    public static Problem InternalError() => new()
    {
        Code = ProblemCode.InternalError,
        Detail = "This is a fault of the service, not of the request. The operator finds it in the logs by the trace_id.",
    };
}
