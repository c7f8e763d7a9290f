using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;

namespace Local.FunctionsWorker;

/// <summary>The trigger of an HTTP function.</summary>
/// <param name="Template">Without the prefix of <c>host.json</c>.</param>
/// <param name="Pattern">The parsed template.</param>
/// <param name="Methods">In upper case; none means all.</param>
/// <param name="Level">Whose key a caller needs.</param>
internal sealed partial record HttpRoute(string Template, RoutePattern Pattern, IReadOnlyList<string> Methods, AuthorizationLevel Level)
    : Trigger("httpTrigger")
{
    /// <summary>Where the real host's own endpoints are.</summary>
    private static readonly string[] Reserved = ["admin", "runtime"];

    public override IReadOnlyCollection<string> DataNames => [.. Pattern.Parameters.Select(parameter => parameter.Name)];

    public static HttpRoute From(string function, HttpTriggerAttribute attribute)
    {
        var template = string.IsNullOrWhiteSpace(attribute.Route) ? function : attribute.Route.Trim('/');
        if (Reserved.Any(reserved => template.StartsWith(reserved, StringComparison.OrdinalIgnoreCase)))
            throw RefusedException.Of(
                function, $"the route '{template}' conflicts with the host's own, which begin with admin or runtime.");
        if (attribute.AuthLevel is AuthorizationLevel.User or AuthorizationLevel.System)
            throw RefusedException.Of(function, $"the level {attribute.AuthLevel} has no keys here; use Anonymous, Function or Admin.");
        var methods = attribute.Methods?.Select(method => method.ToUpperInvariant()).ToList() ?? [];
        return new HttpRoute(template, Parse(function, template), methods, attribute.AuthLevel);
    }

    /// <summary>Refuses two functions of which no request could tell which one it means.</summary>
    public static void CheckDistinct(IEnumerable<Function> functions)
    {
        var twice = functions
            .Where(function => function.Trigger is HttpRoute)
            .Select(function => (function.Name, Route: (HttpRoute)function.Trigger))
            .SelectMany(entry => entry.Route.AllMethods.Select(method => (entry.Name, entry.Route, Method: method)))
            .GroupBy(entry => $"{entry.Method} {ParameterName().Replace(entry.Route.Template, "")}", StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(group => group.Count() > 1)?.ToList();
        if (twice is null) return;
        var names = string.Join(" and ", twice.Select(entry => entry.Name));
        throw new RefusedException($"'{twice[0].Method} {twice[0].Route.Template}' is the route of {names}.");
    }

    public override bool CanBind(Type type) => type == typeof(HttpRequest);

    public override string Describe(string address, string routePrefix)
    {
        var methods = Methods.Count == 0 ? "ANY" : string.Join(',', Methods);
        var path = routePrefix.Length == 0 ? Template : $"{routePrefix}/{Template}";
        return $"[{methods}] {address}/{path}";
    }

    private IEnumerable<string> AllMethods => Methods.Count == 0 ? ["*"] : Methods;

    private static RoutePattern Parse(string function, string template)
    {
        try
        {
            return RoutePatternFactory.Parse(template);
        }
        catch (RoutePatternException e)
        {
            throw RefusedException.Of(function, $"the route '{template}' is malformed: {e.Message}", e);
        }
    }

    /// <summary>What a parameter is called makes no difference to what it matches.</summary>
    [GeneratedRegex(@"(?<=\{\*{0,2})\w+")]
    private static partial Regex ParameterName();
}
