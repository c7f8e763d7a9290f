using System.Collections.Frozen;
using System.Reflection;

namespace Pipeline.Http;

/// <summary>
/// Every code that a refusal can have, with what all refusals of that code have in common. <see cref="Problems"/> says the rest; the API's
/// document lists them from here.
/// </summary>
public enum ProblemCode
{
    [ProblemKind(400, "The body is not JSON")]
    InvalidJson,

    [ProblemKind(400, "The request is not valid")]
    InvalidRequest,

    [ProblemKind(400, "The request has a field that is not known")]
    UnknownField,

    [ProblemKind(401, "No valid API key", Header = "WWW-Authenticate")]
    Unauthorized,

    [ProblemKind(402, "Not enough credits")]
    InsufficientCredits,

    [ProblemKind(404, "Not found")]
    NotFound,

    [ProblemKind(409, "It is done already")]
    JobAlreadyFinished,

    [ProblemKind(409, "It is not done yet", Retryable = true, Header = "Retry-After")]
    RequestInProgress,

    [ProblemKind(413, "The body is too large")]
    TooLarge,

    [ProblemKind(415, "The body's type is not supported")]
    UnsupportedMediaType,

    [ProblemKind(422, "Used before, for something else")]
    IdempotencyKeyReused,

    [ProblemKind(429, "Too many requests", Retryable = true, Header = "Retry-After")]
    TooManyRequests,

    [ProblemKind(500, "Something went wrong here", Retryable = true)]
    InternalError,

    [ProblemKind(503, "Storage is unavailable", Retryable = true, Header = "Retry-After")]
    StorageUnavailable,
}

/// <summary>What all refusals of one code have in common.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="title">What is wrong in a few words, the same each time.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class ProblemKindAttribute(int status, string title) : Attribute
{
    private static readonly FrozenDictionary<ProblemCode, ProblemKindAttribute> Kinds = Enum.GetValues<ProblemCode>().ToFrozenDictionary(
        code => code, code => typeof(ProblemCode).GetField(code.ToString())!.GetCustomAttribute<ProblemKindAttribute>()!);

    public int Status { get; } = status;

    public string Title { get; } = title;

    /// <summary>Whether the same request may succeed later.</summary>
    public bool Retryable { get; init; }

    /// <summary>A header that goes with it, or null.</summary>
    public string? Header { get; init; }

    public static ProblemKindAttribute Of(ProblemCode code) => Kinds[code];
}
