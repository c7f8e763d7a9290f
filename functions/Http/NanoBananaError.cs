using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>A refusal in the NanoBanana API's own shape, for programs that were written for that API.</summary>
/// <param name="Status">The HTTP status; the body's <c>code</c>, too.</param>
/// <param name="Message">What is wrong, with numbers, and the way out.</param>
/// <param name="Job">The job that it is about, or null if none was made.</param>
public sealed record NanoBananaError(int Status, string Message, string? Job) : IResult
{
    /// <summary>What the routes in that shape begin with.</summary>
    private static readonly PathString Routes = "/v1/images";

    public TimeSpan? RetryAfter { get; init; }

    public static NanoBananaError Of(Problem problem, string? job = null) =>
        new(problem.Status, problem.Detail, job) { RetryAfter = problem.RetryAfter };

    /// <summary>The problem as the route's callers understand it.</summary>
    public static IResult For(HttpContext context, Problem problem) =>
        context.Request.Path.StartsWithSegments(Routes) ? Of(problem) : problem;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var answer = httpContext.Response;
        answer.StatusCode = Status;
        if (Status == StatusCodes.Status401Unauthorized) answer.Headers.WWWAuthenticate = "Bearer";
        if (RetryAfter is { } wait) answer.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        await answer.WriteAsJsonAsync(new NanoBananaErrorView(Status, Message, Job), Json.Options, httpContext.RequestAborted);
    }
}

/// <summary>The body of <see cref="NanoBananaError"/>.</summary>
public sealed record NanoBananaErrorView(int Code, string Message, string? Job);
