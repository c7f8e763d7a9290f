using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Http.OpenApi;

namespace Pipeline.Http;

/// <summary>Answers what no other route takes, for the host's own 404 has an empty body.</summary>
public static class UnknownRoute
{
    /// <summary>By path, the methods that there are. The host also sends here what has a known path and another method.</summary>
    private static readonly Lazy<List<(TemplateMatcher Path, string Methods)>> Known = new(() =>
    [
        .. HttpFunction.Of(typeof(UnknownRoute).Assembly.GetTypes())
            .GroupBy(function => function.Path, function => function.Method.ToUpperInvariant())
            .Select(path => (new TemplateMatcher(TemplateParser.Parse(path.Key[1..]), []), string.Join(", ", path.Order()))),
    ]);

    // The host tries routes in the order of their functions' names, whatever their templates say: this name must be the last one, or it
    // takes the requests of those behind it. https://github.com/Azure/azure-functions-host/issues/9876
    [Function("ZzUnknownRoute")]
    public static IResult Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "put", "patch", "delete", "head", Route = "v1/{*path}")]
        HttpRequest request)
    {
        var methods = Known.Value.Where(known => known.Path.TryMatch(request.Path, [])).Select(known => known.Methods).ToList();
        var others = methods.Count == 0 ? "" : $" It takes {string.Join(", ", methods)}.";
        return Problems.NotFound($"There is no {request.Method} {request.Path}.{others} GET /v1/openapi.json lists what there is.");
    }
}
