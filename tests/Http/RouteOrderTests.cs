using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;

namespace Pipeline.Tests.Http;

/// <summary>
/// The real host tries routes in the order of their functions' names, without precedence of what is more literal; the local one has
/// precedence. So each request must find its function either way.
/// </summary>
public sealed partial class RouteOrderTests
{
    private static readonly IReadOnlyList<Route> Routes =
    [
        .. from type in typeof(Settings).Assembly.GetTypes()
           from run in type.GetMethods()
           let name = run.GetCustomAttribute<FunctionAttribute>()?.Name
           let trigger = run.GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>())
               .FirstOrDefault(attribute => attribute is not null)
           where name is not null && trigger is not null
           select new Route(name, trigger.Methods!, trigger.Route!),
    ];

    private static readonly StringComparer[] Orders = [StringComparer.Ordinal, StringComparer.OrdinalIgnoreCase];

    [TestCaseSource(nameof(Orders))]
    public void What_catches_all_comes_behind_every_other_function(StringComparer order)
    {
        var last = Routes.OrderBy(route => route.Name, order).Last();

        Assert.That(Routes.Where(route => route.Template.Contains("{*", StringComparison.Ordinal)), Is.EqualTo([last]));
    }

    [TestCaseSource(nameof(Orders))]
    public void No_route_takes_the_requests_of_one_behind_it(StringComparer order) =>
        Assert.That(Shadowed(Routes, order), Is.Empty);

    [TestCase("GetThing", "v1/things/{id}", "ListNew", "v1/things/new", 1)]
    [TestCase("ListNew", "v1/things/{id}", "GetThing", "v1/things/new", 0)]
    [TestCase("GetThing", "v1/things/{id:int}", "ListNew", "v1/things/new", 0)]
    [TestCase("GetThing", "v1/things/{id}", "GetThingsParts", "v1/things/{id}/parts", 0)]
    [TestCase("Catch", "v1/{*path}", "ListNew", "v1/things/new", 1)]
    public void A_route_behind_one_that_takes_its_requests_is_found(string a, string templateA, string b, string templateB, int count) =>
        Assert.That(
            Shadowed([new(b, ["get"], templateB), new(a, ["get"], templateA)], StringComparer.Ordinal), Has.Exactly(count).Items);

    /// <summary>Each route whose own requests another one takes, which is tried before.</summary>
    private static IEnumerable<string> Shadowed(IReadOnlyList<Route> routes, StringComparer order)
    {
        var tried = routes.OrderBy(route => route.Name, order).ToList();
        return from route in tried
               from method in route.Methods
               let first = tried.First(other => other.Takes(method, route.Example))
               where first != route
               select $"{method} {route.Template} of {route.Name} is taken by {first.Name}";
    }

    private sealed partial record Route(string Name, IReadOnlyList<string> Methods, string Template)
    {
        /// <summary>A path of this route, each parameter as narrow as any constraint of the app asks.</summary>
        public string Example => Parameter().Replace(Template, "1");

        public bool Takes(string method, string path) =>
            Methods.Contains(method)
            && Regex.IsMatch(path, $"^{Parameter().Replace(Template, parameter => PatternOf(parameter.Value))}$", RegexOptions.IgnoreCase);

        private static string PatternOf(string parameter) =>
            parameter.StartsWith("{*", StringComparison.Ordinal) ? ".*" : parameter.EndsWith(":int}", StringComparison.Ordinal) ? "-?[0-9]+"
            : "[^/]+";

        [GeneratedRegex(@"\{[^{}]+\}")]
        private static partial Regex Parameter();
    }
}
