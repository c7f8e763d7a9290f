using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Local.FunctionsWorker;

/// <summary>Maps the routes of the functions; all else, also a known route with another method, is 404 with an empty body.</summary>
internal static class HttpEndpoints
{
    public static void Map(WebApplication app, IReadOnlyList<Function> functions, HttpSettings settings)
    {
        app.UseRouting();
        app.Use((http, next) =>
        {
            // Routing answers a wrong method with an endpoint of its own, for 405; the real host does not.
            if (http.GetEndpoint()?.Metadata.GetMetadata<Function>() is not null) return next(http);
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
        var constraints = app.Services.GetRequiredService<ParameterPolicyFactory>();
        foreach (var function in functions)
        {
            if (function.Trigger is HttpRoute route) Map(app, function, route, settings.RoutePrefix, constraints);
        }
    }

    private static void Map(WebApplication app, Function function, HttpRoute route, string prefix, ParameterPolicyFactory constraints)
    {
        try
        {
            foreach (var parameter in route.Pattern.Parameters)
            {
                foreach (var policy in parameter.ParameterPolicies) constraints.Create(parameter, policy);
            }
        }
        catch (Exception e) when (e is InvalidOperationException or RouteCreationException)
        {
            throw RefusedException.Of(function.Name, $"the route '{route.Template}' has a constraint that is none: {e.Message}", e);
        }

        var template = prefix.Length == 0 ? route.Template : $"{prefix}/{route.Template}";
        var endpoint = app.Map(template, (RequestDelegate)Answer).WithMetadata(function);
        if (route.Methods.Count > 0) endpoint.WithMetadata(new HttpMethodMetadata(route.Methods));

        Task Answer(HttpContext http) => http.RequestServices.GetRequiredService<HttpInvoker>().Answer(function, http);
    }
}
