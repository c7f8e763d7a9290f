using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Pipeline.Http;

/// <summary>Answers what no other route takes, for the host's own 404 has an empty body.</summary>
public static class UnknownRoute
{
    [Function("UnknownRoute")]
    public static IResult Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", "head", Route = "v1/{*path}")]
        HttpRequest request)
        => Problems.NotFound($"There is no {request.Method} {request.Path}. GET /v1/openapi.json lists what there is.");
}
