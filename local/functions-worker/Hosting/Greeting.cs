using Microsoft.Extensions.DependencyInjection;

namespace Local.FunctionsWorker;

/// <summary>What is printed at start: the functions as the real host lists them, and keys that no setting gave.</summary>
internal static class Greeting
{
    public static void Write(TextWriter output, IEnumerable<string> urls, IReadOnlyList<Function> functions, IServiceProvider services)
    {
        var prefix = services.GetRequiredService<HostJson>().Http.RoutePrefix;
        var address = urls.FirstOrDefault()?.TrimEnd('/') ?? "";
        output.WriteLine();
        output.WriteLine("Functions:");
        foreach (var function in functions.OrderBy(function => function.Name, StringComparer.OrdinalIgnoreCase))
            output.WriteLine($"    {function.Name}: {function.Trigger.Describe(address, prefix)}");
        output.WriteLine();
        var keys = services.GetRequiredService<AccessKeys>();
        if (keys.FunctionIsRandom) output.WriteLine($"Function key, random as the setting Local:FunctionKey is missing: {keys.Function}");
        if (keys.MasterIsRandom) output.WriteLine($"Master key, random as the setting Local:MasterKey is missing: {keys.Master}");
        output.Flush();
    }
}
