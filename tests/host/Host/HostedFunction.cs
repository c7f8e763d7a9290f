using System.Text.Json;
using Pipeline.HostTests.Host.Rpc;

namespace Pipeline.HostTests.Host;

/// <summary>A function as the worker tells of it, with the binding that triggers it.</summary>
internal sealed record HostedFunction(RpcFunctionMetadata Metadata, JsonElement Trigger)
{
    public string Name => Metadata.Name;

    public string Id => Metadata.FunctionId;

    /// <summary>As the binding names it: <c>httpTrigger</c>, <c>queueTrigger</c>, <c>blobTrigger</c>, <c>timerTrigger</c>.</summary>
    public string Kind => Trigger.GetProperty("type").GetString()!;

    /// <summary>The parameter that is bound to what triggers it.</summary>
    public string Parameter => Trigger.GetProperty("name").GetString()!;

    /// <summary>Another property of the binding, or null.</summary>
    public string? this[string property] => Trigger.TryGetProperty(property, out var value) ? value.ToString() : null;

    public IReadOnlyList<string> Methods => Trigger.TryGetProperty("methods", out var methods)
        ? [.. methods.EnumerateArray().Select(method => method.GetString()!.ToUpperInvariant())]
        : [];

    public static HostedFunction From(RpcFunctionMetadata metadata) => new(
        metadata,
        metadata.RawBindings.Select(binding => JsonElement.Parse(binding))
            .Single(binding => binding.GetProperty("type").GetString()!.EndsWith("Trigger", StringComparison.Ordinal)));

    /// <summary>What the host sends so that the worker can call it.</summary>
    public FunctionLoadRequest ToLoad(string folder)
    {
        var load = new FunctionLoadRequest
        {
            FunctionId = Id,
            Metadata = new RpcFunctionMetadata
            {
                Name = Name,
                Directory = folder,
                EntryPoint = Metadata.EntryPoint,
                ScriptFile = Metadata.ScriptFile,
            },
        };
        foreach (var binding in Metadata.RawBindings.Select(text => JsonElement.Parse(text)))
            load.Metadata.Bindings[binding.GetProperty("name").GetString()!] = ToInfo(binding);
        foreach (var (name, value) in Metadata.Properties) load.Metadata.Properties[name] = value;
        return load;
    }

    private static BindingInfo ToInfo(JsonElement binding)
    {
        var info = new BindingInfo
        {
            Type = binding.GetProperty("type").GetString(),
            Direction = Enum.Parse<BindingInfo.Types.Direction>(binding.GetProperty("direction").GetString()!, ignoreCase: true),
        };
        if (!binding.TryGetProperty("properties", out var properties)) return info;
        foreach (var property in properties.EnumerateObject()) info.Properties[property.Name] = property.Value.ToString();
        return info;
    }
}
