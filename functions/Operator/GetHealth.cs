using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Http;

namespace Pipeline.Operator;

/// <summary>Whether storage and the image API can be reached. Open to all, so it tells no more, and asks only now and then.</summary>
public sealed class GetHealth(HealthChecks checks)
{
    [Function("GetHealth")]
    [OpenToAll]
    [Summary("Whether storage and the image API can be reached.")]
    [Answer(200, "All of them can.", typeof(HealthView), Headers = ["Cache-Control"])]
    [Answer(503, "Some of them cannot.", typeof(HealthView), Headers = ["Cache-Control"])]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/health")] HttpRequest request, CancellationToken cancel)
    {
        var health = await checks.Latest(cancel);
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        return Results.Json(
            new HealthView("health", health.IsHealthy ? "healthy" : "unhealthy", health.CheckedAt, health.Checks),
            Json.Options, statusCode: health.IsHealthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>The app's health as the contract shows it.</summary>
    public sealed record HealthView(
        [AllowedValues("health")] string Object,
        [AllowedValues("healthy", "unhealthy")] string Status,
        DateTimeOffset CheckedAt,
        IReadOnlyList<HealthCheck> Checks);
}

/// <param name="CheckedAt">When.</param>
/// <param name="Checks">Each thing that is needed, and whether it answered.</param>
public sealed record Health(DateTimeOffset CheckedAt, IReadOnlyList<HealthCheck> Checks)
{
    public bool IsHealthy => Checks.All(check => check.Ok);
}

public sealed record HealthCheck(string Name, bool Ok);
