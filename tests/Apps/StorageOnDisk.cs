using Local.Up;

namespace Pipeline.Tests.Apps;

/// <summary>An Azurite of its own that keeps pictures on disk: gigabytes of them would not fit into that of all tests.</summary>
internal sealed class StorageOnDisk(Azurite azurite, DirectoryInfo folder) : IAsyncDisposable
{
    public string ConnectionString => azurite.ConnectionString();

    public static async Task<StorageOnDisk> Start()
    {
        var modules = await AzuriteInstall.Ensure(
            Checkout.PathTo("local", "up"), TestContext.Progress.WriteLine, CancellationToken.None);
        var folder = Directory.CreateTempSubdirectory("pipeline-load-");
        return new StorageOnDisk(
            await Azurite.Start(modules, FreePorts.Find(3), folder.FullName, [Azurite.DefaultAccount], CancellationToken.None), folder);
    }

    public async ValueTask DisposeAsync()
    {
        await azurite.DisposeAsync();
        folder.Delete(recursive: true);
    }
}
