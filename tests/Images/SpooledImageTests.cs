using Azure.Storage.Blobs;
using Pipeline.Images;

namespace Pipeline.Tests.Images;

/// <summary>Images on their way into storage.</summary>
public sealed class SpooledImageTests
{
    private static readonly Dictionary<string, string> NothingMore = [];

    private BlobContainerClient container = null!;

    [OneTimeSetUp]
    public async Task NewContainer()
    {
        container = new BlobContainerClient(Tests.Storage.NewAccount(), "images");
        await container.CreateAsync();
    }

    [Test]
    public async Task What_is_stored_is_never_written_over()
    {
        var blob = container.GetBlobClient("one");
        await using var first = await Spooled(TestPicture.Png(grey: 1));
        await using var second = await Spooled(TestPicture.Png(grey: 2));

        Assert.That(await first.Upload(blob, NothingMore, CancellationToken.None), Is.True);
        Assert.That(await second.Upload(blob, NothingMore, CancellationToken.None), Is.False);
        Assert.That(await first.Upload(blob, NothingMore, CancellationToken.None), Is.False);
        Assert.That((await blob.DownloadContentAsync()).Value.Content.ToArray(), Is.EqualTo(TestPicture.Png(grey: 1)));
    }

    [Test]
    public async Task A_sender_that_stops_is_told_from_a_file_that_is_cut()
    {
        var calls = 0;

        var broken = await SpooledImage.From(
            (buffer, _) => calls++ == 0 ? ValueTask.FromResult(10) : ValueTask.FromException<int>(new IOException("gone")), 1000, default);
        var cut = await SpooledImage.From(new MemoryStream(TestPicture.Png()[..^4]).ReadAsync, 1000, default);

        Assert.That(broken, Is.TypeOf<SpoolOutcome.BrokeOff>());
        Assert.That(cut, Is.TypeOf<SpoolOutcome.Truncated>());
    }

    private static async Task<SpooledImage> Spooled(byte[] image) =>
        ((SpoolOutcome.Whole)await SpooledImage.From(new MemoryStream(image).ReadAsync, image.Length, default)).Image;
}
