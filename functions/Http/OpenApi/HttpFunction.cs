using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;

namespace Pipeline.Http.OpenApi;

/// <summary>One route: a function with an HTTP trigger, and what its head says of it.</summary>
/// <param name="Name">The function's name.</param>
/// <param name="Folder">The last part of its namespace.</param>
/// <param name="Method">In lower case.</param>
/// <param name="Path">As OpenAPI writes it: <c>/v1/jobs/{id}</c>.</param>
/// <param name="Level">Whose key the host asks for.</param>
/// <param name="Run">The method that answers.</param>
internal sealed partial record HttpFunction(
    string Name, string Folder, string Method, string Path, AuthorizationLevel Level, MethodInfo Run)
{
    /// <summary>All of some types, but for those that catch what no other route takes.</summary>
    public static IEnumerable<HttpFunction> Of(IEnumerable<Type> types) =>
        from type in types
        from run in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        let name = run.GetCustomAttribute<FunctionAttribute>()?.Name
        let trigger = run.GetParameters()
            .Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).OfType<HttpTriggerAttribute>().FirstOrDefault()
        where name is not null && trigger is not null && !trigger.Route!.Contains("{*", StringComparison.Ordinal)
        from method in trigger.Methods!
        select new HttpFunction(
            name, type.Namespace!.Split('.')[^1], method, "/" + Constraint().Replace(trigger.Route!, ""), trigger.AuthLevel, run);

    public string Summary => Get<SummaryAttribute>()?.Text ?? throw new InvalidOperationException($"{Name} has no [Summary].");

    public BodyAttribute? Body => Get<BodyAttribute>();

    public QueryAttribute? Query => Get<QueryAttribute>();

    public IEnumerable<HeaderAttribute> Headers => All<HeaderAttribute>();

    public IEnumerable<AnswerAttribute> Answers => All<AnswerAttribute>();

    public RefusesAttribute? Refuses => Get<RefusesAttribute>();

    /// <summary>Whether the function itself asks for an account's API key.</summary>
    public bool IsForAccounts => Level == AuthorizationLevel.Anonymous && Get<OpenToAllAttribute>() is null;

    /// <summary>The method's parameters that the route fills.</summary>
    public IEnumerable<ParameterInfo> PathParameters =>
        Run.GetParameters().Where(parameter => Path.Contains($"{{{parameter.Name}}}", StringComparison.Ordinal));

    private T? Get<T>()
        where T : Attribute => All<T>().SingleOrDefault();

    /// <summary>Of the function, and what its class says for all of its functions.</summary>
    private IEnumerable<T> All<T>()
        where T : Attribute => Run.GetCustomAttributes<T>().Concat(Run.DeclaringType!.GetCustomAttributes<T>());

    [GeneratedRegex(@":[^{}]*(?=})")]
    private static partial Regex Constraint();
}
