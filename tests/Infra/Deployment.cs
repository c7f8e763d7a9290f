using System.Text.Json;

namespace Pipeline.Tests.Infra;

/// <summary>What a deployment would make.</summary>
internal sealed record Deployment(IReadOnlyList<Resource> Resources)
{
    public IEnumerable<Resource> Of(string type) => Resources.Where(resource => resource.Type == type);

    public Resource The(string type) => Of(type).Single();

    /// <summary>The last parts of the names of all resources of a type.</summary>
    public IEnumerable<string> Names(string type) => Of(type).Select(resource => resource.Name.Split('/')[^1]);

    /// <summary>The app's settings.</summary>
    public Dictionary<string, string> Settings() => The("Microsoft.Web/sites/config").Json.GetProperty("properties").EnumerateObject()
        .ToDictionary(setting => setting.Name, setting => setting.Value.GetString()!);
}

/// <summary>One resource. What is known only while it is deployed is an expression, <c>[…]</c>.</summary>
internal sealed record Resource(JsonElement Json)
{
    public string Type => Json.GetProperty("type").GetString()!;

    public string Name => Json.GetProperty("name").GetString()!;

    public string Id => Json.GetProperty("id").GetString()!;

    /// <summary>A property by its path, <c>sku.name</c>, as text.</summary>
    public string? At(string path) => Element(path).ToString();

    /// <summary>A property by its path.</summary>
    public JsonElement Element(string path) => path.Split('.').Aggregate(Json, (json, name) => json.GetProperty(name));
}
