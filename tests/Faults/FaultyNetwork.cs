using System.Text.RegularExpressions;

namespace Pipeline.Tests.Faults;

/// <summary>The ways from an app to its storage and to the image API, each with faults of its own.</summary>
internal sealed partial class FaultyNetwork(int seed) : IAsyncDisposable
{
    private readonly Dictionary<string, FaultyProxy> proxies = [];

    public FaultyProxy Blobs => proxies["Blob"];

    public FaultyProxy Queues => proxies["Queue"];

    public FaultyProxy Tables => proxies["Table"];

    public FaultyProxy ImageApi => proxies["ImageApi"];

    public IEnumerable<FaultyProxy> Storage => [Blobs, Queues, Tables];

    /// <summary>Every way, or none of them yet.</summary>
    public IEnumerable<FaultyProxy> All => proxies.Values;

    /// <summary>Stands between the app and both, and gives the settings that lead here.</summary>
    public async Task<(string Name, string Value)[]> Between(string storage, Uri imageApi)
    {
        foreach (Match endpoint in Endpoint().Matches(storage))
        {
            var proxy = await Add(endpoint.Groups["service"].Value, new Uri(endpoint.Groups["server"].Value));
            storage = storage.Replace(
                endpoint.Value, $"{endpoint.Groups["service"].Value}Endpoint={proxy.Url.GetLeftPart(UriPartial.Authority)}/",
                StringComparison.Ordinal);
        }

        var api = await Add("ImageApi", imageApi);
        return [("AzureWebJobsStorage", storage), ("ImageApi__BaseUrl", api.Url.AbsoluteUri)];
    }

    /// <summary>From now on this share of all requests, from 0 to 1, meets a fault.</summary>
    public void SetFaults(double share)
    {
        foreach (var proxy in All) proxy.SetFaults(share);
    }

    /// <summary>Which faults there were so far, for people.</summary>
    public override string ToString() => string.Join("; ", proxies.Select(way =>
        $"{way.Key} {way.Value.Requests} requests, "
        + string.Join(" ", way.Value.Faults.Select(fault => $"{fault.Key} {fault.Value}"))));

    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in All) await proxy.DisposeAsync();
    }

    private async Task<FaultyProxy> Add(string name, Uri target) =>
        proxies[name] = await FaultyProxy.Start(target, seed + proxies.Count);

    [GeneratedRegex("(?<service>Blob|Queue|Table)Endpoint=(?<server>http://[^/;]+)/")]
    private static partial Regex Endpoint();
}
