using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>A refusal as RFC 9457 problem details, and as the answer that carries them.</summary>
public sealed record Problem : IResult
{
    public const string ContentType = "application/problem+json";

    /// <summary>What programs switch over; it fixes the status, the title and whether to try again.</summary>
    public required ProblemCode Code { get; init; }

    /// <summary>What is wrong, with numbers, and the way out.</summary>
    public required string Detail { get; init; }

    public int Status => ProblemKindAttribute.Of(Code).Status;

    public IReadOnlyList<FieldError>? Errors { get; init; }

    public long? Needed { get; init; }

    public long? Available { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var kind = ProblemKindAttribute.Of(Code);
        var answer = httpContext.Response;
        answer.StatusCode = Status;
        if (Status == StatusCodes.Status401Unauthorized) answer.Headers.WWWAuthenticate = "Bearer";
        if (RetryAfter is { } wait) answer.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        var trace = Activity.Current?.TraceId.ToHexString() ?? httpContext.TraceIdentifier;
        await answer.WriteAsJsonAsync(
            new ProblemView(
                $"/problems/{Json.Name(Code).Replace('_', '-')}", kind.Title, kind.Status, Detail, httpContext.Request.Path.ToString(),
                Code, trace, kind.Retryable, Errors, Needed, Available),
            Json.Options, ContentType, httpContext.RequestAborted);
    }
}

/// <summary>A refusal as the contract shows it.</summary>
[Description("A refusal, as of RFC 9457.")]
public sealed record ProblemView(
    [Description("/problems/ and the code.")] string Type,
    [Description("What is wrong in a few words, the same for each problem of this code.")] string Title,
    int Status,
    [Description("What is wrong this time, with numbers, and the way out.")] string Detail,
    [Description("The path that was asked for.")] string Instance,
    [Description("What programs switch over.")] ProblemCode Code,
    [Description("By this the operator finds the request in the logs.")] string TraceId,
    [Description("Whether the same request may succeed later.")] bool Retryable,
    [Description("What is wrong, field by field.")]
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyList<FieldError>? Errors,
    [Description("The credits that it takes.")]
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    long? Needed,
    [Description("The credits that there are.")]
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    long? Available);

/// <summary>What is wrong with one field of a request.</summary>
public sealed record FieldError(
    [Description("Its JSON pointer (RFC 6901), /image_size, empty for the whole body; ?name for a query parameter, or a header's name.")]
    string Pointer,
    [AllowedValues("unknown_field", "required", "wrong_type", "out_of_range", "too_long", "not_allowed")]
    string Code,
    [Description("What was given and what is expected.")]
    string Detail);
