using Local.ImageApi;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>An app that reaches its storage and its image API only over ways that can fail. The test itself reaches both as ever.</summary>
internal sealed record FaultyApp(App App, FaultyNetwork Network) : IAsyncDisposable
{
    public static async Task<FaultyApp> Start(int seed, SimulatorOptions? imageApi = null, params (string Name, string Value)[] changes)
    {
        var network = new FaultyNetwork(seed);
        try
        {
            return new FaultyApp(
                await App.Start(imageApi, async (storage, api) => [.. await network.Between(storage, api), .. changes]), network);
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        // The app first: it stops calling.
        await App.DisposeAsync();
        await Network.DisposeAsync();
    }
}
