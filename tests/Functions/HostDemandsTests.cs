using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
using NCrontab;
using Pipeline.Storage;

namespace Pipeline.Tests.Functions;

/// <summary>What the real host demands of functions. One that it does not like is left out, and the others run.</summary>
/// <remarks>
/// Routes: <c>ValidateFunction</c> of https://github.com/Azure/azure-functions-host. Queues and containers:
/// https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata, and the like for containers.
/// </remarks>
public sealed partial class HostDemandsTests
{
    private const int StorageNameMax = 63;

    [Test]
    public void The_host_takes_every_function_of_the_app()
    {
        Assert.That(AppFunction.All, Is.Not.Empty);
        Assert.That(FaultsOf(AppFunction.All), Is.Empty);
    }

    [TestCase("", TestName = "A_name_that_is_empty_is_found")]
    [TestCase("2Jobs", TestName = "A_name_that_begins_with_a_digit_is_found")]
    [TestCase("Get.Jobs", TestName = "A_name_with_a_dot_is_found")]
    [TestCase("Host", TestName = "The_hosts_own_name_is_found")]
    public void A_name_that_the_host_does_not_take_is_found(string name) =>
        Assert.That(FaultsOf([new(name, Http("v1/jobs"), Public)]), Has.Exactly(1).Items);

    [Test]
    public void Two_functions_of_one_name_are_found() =>
        Assert.That(FaultsOf([new("Get", Http("v1/a"), Public), new("GET", Http("v1/b"), Public)]), Has.Exactly(1).Items);

    [Test]
    public void A_method_that_is_not_public_is_found() =>
        Assert.That(FaultsOf([new("Get", Http("v1/a"), Private)]), Has.Exactly(1).Items);

    [TestCase("admin")]
    [TestCase("/Admin/jobs")]
    [TestCase("administrators")]
    [TestCase("runtime/jobs")]
    public void A_route_that_begins_as_the_hosts_own_is_found(string route) =>
        Assert.That(FaultsOf([new("Get", Http(route), Public)]), Has.Exactly(1).Items);

    [Test]
    public void A_route_is_the_functions_name_if_none_is_given() =>
        Assert.That(FaultsOf([new("AdminPage", Http(route: null), Public)]), Has.Exactly(1).Items);

    [TestCase("get", "get", "v1/jobs", 1)]
    [TestCase("get", "GET", "/V1/jobs/", 1)]
    [TestCase("get", "post", "v1/jobs", 0)]
    [TestCase("get", "get", "v1/jobs/{id}", 0)]
    public void A_method_and_route_of_two_functions_is_found(string one, string other, string route, int faults) =>
        Assert.That(FaultsOf([new("A", Http("v1/jobs", one), Public), new("B", Http(route, other), Public)]), Has.Exactly(faults).Items);

    [Test]
    public void Routes_that_differ_only_in_a_parameters_name_are_one() =>
        Assert.That(
            FaultsOf([new("A", Http("v1/jobs/{id}"), Public), new("B", Http("v1/jobs/{job}"), Public)]), Has.Exactly(1).Items);

    [Test]
    public void A_function_for_all_methods_has_the_route_alone() => Assert.That(
        FaultsOf([new("A", new HttpTriggerAttribute { Route = "v1/jobs" }, Public), new("B", Http("v1/jobs"), Public)]),
        Has.Exactly(1).Items);

    [TestCase("Jobs", 1)]
    [TestCase("jobs_large", 1)]
    [TestCase("jobs--large", 1)]
    [TestCase("-jobs", 1)]
    [TestCase("jo", 1)]
    [TestCase("jobs-2", 0)]
    [TestCase("a-queue-whose-own-name-is-short-enough-but-not-its-poison", 1)]
    [TestCase("a-queue-whose-name-leaves-room-for-that-of-its-poison-qu", 0)]
    public void A_queues_name_that_storage_does_not_take_is_found(string queue, int faults) =>
        Assert.That(FaultsOf([new("A", new QueueTriggerAttribute(queue), Public)]), Has.Exactly(faults).Items);

    [TestCase("Files/{name}", 1)]
    [TestCase("files", 0)]
    [TestCase("files/{name}", 0)]
    public void A_containers_name_that_storage_does_not_take_is_found(string path, int faults) =>
        Assert.That(FaultsOf([new("A", new BlobTriggerAttribute(path), Public)]), Has.Exactly(faults).Items);

    [TestCase("0 * * * * *", 0)]
    [TestCase("* * * * *", 1)]
    [TestCase("0 61 * * * *", 1)]
    [TestCase("every minute", 1)]
    public void A_schedule_that_cannot_be_read_is_found(string schedule, int faults) =>
        Assert.That(FaultsOf([new("A", new TimerTriggerAttribute(schedule), Public)]), Has.Exactly(faults).Items);

    private static MethodInfo Public => typeof(HostDemandsTests).GetMethod(nameof(Two_functions_of_one_name_are_found))!;

    private static MethodInfo Private => typeof(HostDemandsTests).GetMethod(nameof(Http), BindingFlags.NonPublic | BindingFlags.Static)!;

    private static HttpTriggerAttribute Http(string? route, string method = "get") =>
        new(AuthorizationLevel.Anonymous, method) { Route = route };

    private static IEnumerable<string> FaultsOf(IReadOnlyList<AppFunction> functions) =>
        [.. functions.Select(FaultOf).OfType<string>(), .. NamesTwice(functions), .. RoutesTwice(functions)];

    private static string? FaultOf(AppFunction function)
    {
        if (!Name().IsMatch(function.Name) || function.Name.Equals("host", StringComparison.OrdinalIgnoreCase))
            return $"'{function.Name}' is no name of a function.";
        if (!function.Run.IsPublic || !function.Run.DeclaringType!.IsVisible) return $"{function.Name} is not a public method.";
        return FaultOf(function.Name, function.Trigger);
    }

    private static string? FaultOf(string name, TriggerBindingAttribute trigger) => trigger switch
    {
        HttpTriggerAttribute http when Reserved().IsMatch(RouteOf(name, http)) => $"{name}: {http.Route} is the host's own.",
        QueueTriggerAttribute queue when !IsStorageName(queue.QueueName) || !IsStorageName(StorageNames.PoisonOf(queue.QueueName)) =>
            $"{name}: {queue.QueueName} is no name of a queue that can have a poison queue.",
        BlobTriggerAttribute blob when !IsStorageName(blob.BlobPath.Split('/')[0]) => $"{name}: {blob.BlobPath} begins with no container.",
        TimerTriggerAttribute timer when CrontabSchedule.TryParse(timer.Schedule, new() { IncludingSeconds = true }) is null =>
            $"{name}: {timer.Schedule} is no schedule of six fields.",
        HttpTriggerAttribute or QueueTriggerAttribute or BlobTriggerAttribute or TimerTriggerAttribute => null,
        _ => $"{name}: nothing is known of {trigger.GetType().Name} here.",
    };

    private static IEnumerable<string> NamesTwice(IReadOnlyList<AppFunction> functions) =>
        from function in functions
        group function by function.Name.ToUpperInvariant() into same
        where same.Count() > 1
        select $"{same.Count()} functions are named {same.First().Name}.";

    private static IEnumerable<string> RoutesTwice(IReadOnlyList<AppFunction> functions)
    {
        var routes = functions.Where(function => function.Trigger is HttpTriggerAttribute).ToList();
        return from one in routes
               from other in routes
               where string.CompareOrdinal(one.Name, other.Name) < 0 && Conflict(one, other)
               select $"{one.Name} and {other.Name} have one route, {RouteOf(one.Name, (HttpTriggerAttribute)one.Trigger)}.";
    }

    private static bool Conflict(AppFunction one, AppFunction other)
    {
        var (a, b) = ((HttpTriggerAttribute)one.Trigger, (HttpTriggerAttribute)other.Trigger);
        if (RouteOf(one.Name, a) != RouteOf(other.Name, b)) return false;
        var (methodsOfA, methodsOfB) = (AppFunction.MethodsOf(a).ToList(), AppFunction.MethodsOf(b).ToList());
        return methodsOfA.Contains("any") || methodsOfB.Contains("any") || methodsOfA.Intersect(methodsOfB).Any();
    }

    /// <summary>As the host compares it, and without the names of parameters, which do not matter to what is matched.</summary>
    private static string RouteOf(string name, HttpTriggerAttribute trigger) =>
        ParameterName().Replace((trigger.Route ?? name).Trim('/').ToLowerInvariant(), "{");

    private static bool IsStorageName(string name) => name.Length <= StorageNameMax && StorageName().IsMatch(name);

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_-]{0,127}$")]
    private static partial Regex Name();

    [GeneratedRegex("^(admin|runtime)")]
    private static partial Regex Reserved();

    [GeneratedRegex(@"^(?=.{3})[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex StorageName();

    [GeneratedRegex(@"\{[^:*}]+(?=[:}])")]
    private static partial Regex ParameterName();
}
