using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>A refusal as RFC 9457 problem details, and as the answer that carries them.</summary>
public sealed record Problem : IResult
{
    public required int Status { get; init; }

    /// <summary>What programs switch over; see the catalogue in <see cref="Problems"/>.</summary>
    public required string Code { get; init; }

    public required string Title { get; init; }

    /// <summary>What is wrong, with numbers, and the way out.</summary>
    public required string Detail { get; init; }

    /// <summary>Whether the same request may succeed later.</summary>
    public bool Retryable { get; init; }

    public IReadOnlyList<FieldError>? Errors { get; init; }

    public long? Needed { get; init; }

    public long? Available { get; init; }

    [JsonIgnore]
    public TimeSpan? RetryAfter { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var answer = httpContext.Response;
        answer.StatusCode = Status;
        if (Status == StatusCodes.Status401Unauthorized) answer.Headers.WWWAuthenticate = "Bearer";
        if (RetryAfter is { } wait) answer.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var trace = Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier;
        await answer.WriteAsJsonAsync(
            new Body(
                $"/problems/{Code.Replace('_', '-')}", Title, Status, Detail, httpContext.Request.Path, Code, trace, Retryable, Errors,
                Needed, Available),
            Json.Options, "application/problem+json", httpContext.RequestAborted);
    }

    private sealed record Body(
        string Type, string Title, int Status, string Detail, string? Instance, string Code, string TraceId, bool Retryable,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<FieldError>? Errors,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Needed,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Available);
}

/// <summary>What is wrong with one field of a request.</summary>
/// <param name="Pointer">Its JSON pointer (RFC 6901), <c>/image_size</c>; empty for the whole body.</param>
/// <param name="Code">
/// <c>unknown_field</c>, <c>required</c>, <c>wrong_type</c>, <c>out_of_range</c>, <c>too_long</c> or <c>not_allowed</c>.
/// </param>
/// <param name="Detail">What was given and what is expected.</param>
public sealed record FieldError(string Pointer, string Code, string Detail);
