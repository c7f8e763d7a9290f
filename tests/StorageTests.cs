using Azure.Storage.Blobs;

namespace Pipeline.Tests;

public sealed class StorageTests
{
    [Test]
    public async Task What_one_fixture_stores_another_does_not_see()
    {
        var mine = new BlobServiceClient(Storage.NewAccount());
        var other = new BlobServiceClient(Storage.NewAccount());

        await mine.CreateBlobContainerAsync("outputs");

        Assert.That(await other.GetBlobContainerClient("outputs").ExistsAsync(), Has.Property("Value").False);
    }
}
