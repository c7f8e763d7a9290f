using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.Http;
using Pipeline.Storage;
using Pipeline.Telemetry;

namespace Pipeline.Images;

/// <summary>
/// Moves images from the image API into Blob Storage: one pass, flat memory, visible only when whole, with where each comes from beside it.
/// </summary>
public sealed class ImageStore(
    HttpClient http, BlobServiceClient blobs, Catalogue catalogue, ImageApiOptions options, OutputOptions outputs, TimeProvider time)
    : IDisposable
{
    private readonly DownloadImage download = new(http, options, outputs, time);

    private readonly BlobContainerClient container = blobs.GetBlobContainerClient(StorageNames.OutputsContainer);

    /// <summary>Over all jobs of this instance, for they share its disk.</summary>
    private readonly SemaphoreSlim downloads = new(outputs.DownloadsMax, outputs.DownloadsMax);

    /// <summary>Downloads, checks and stores one image under a name that is the same at every try.</summary>
    /// <param name="url">Where the image API put it.</param>
    /// <param name="index">Which of the job's images.</param>
    /// <param name="folder">Where it goes; its tier also limits how long the download may take.</param>
    /// <param name="answer">What the image API said of it, without URLs.</param>
    /// <param name="cancel">Gives up before the image is stored.</param>
    public async Task<StoreOutcome> Store(Uri url, int index, ImageFolder folder, string answer, CancellationToken cancel)
    {
        // Waiting does not count against the download's own time: one that trickles must not fail those behind it.
        await downloads.WaitAsync(cancel);
        try
        {
            switch (await download.From(url, folder, cancel))
            {
                case DownloadOutcome.Failed failed: return new StoreOutcome.Invalid(failed.Fault);
                case DownloadOutcome.Whole { Image: var image }:
                    await using (image) return await Keep(image, index, folder, answer, cancel);
                case var other: throw new InvalidOperationException($"A download ends whole or failed, not as {other}.");
            }
        }
        finally
        {
            downloads.Release();
        }
    }

    /// <summary>
    /// The images that are there already, from an attempt that crashed or got only some. What such an attempt did not come to write
    /// beside them is written now.
    /// </summary>
    public async Task<IReadOnlyList<StoredImage>> Recover(ImageFolder folder, CancellationToken cancel)
    {
        var found = new List<FoundImage>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, folder.Name, cancel))
        {
            names.Add(blob.Name);
            var facts = blob.Properties;
            if (Described(blob.Name, facts.ContentType, facts.ContentLength ?? 0, blob.Metadata, facts.LastModified) is { } image)
                found.Add(image);
        }

        // A worker that lost its claim may have stored one of another type beside it.
        var images = found.DistinctBy(image => image.Image.Index).ToList();
        foreach (var image in images.Where(image => !names.Contains(Provenance.BlobOf(folder.Name, image.Image.Index))))
        {
            // A crash after this leaves the others without theirs; whoever looks next goes on.
            await WriteIfMissing(image, folder, cancel);
        }

        return [.. images.Select(image => image.Image)];
    }

    /// <summary>Deletes all that is in a folder; what is gone already is no fault.</summary>
    public async Task Delete(string folder, CancellationToken cancel)
    {
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.None, BlobStates.None, folder, cancel))
            await container.GetBlobClient(blob.Name).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancel);
    }

    public void Dispose() => downloads.Dispose();

    private async Task<StoreOutcome> Keep(
        SpooledImage image, int index, ImageFolder folder, string answer, CancellationToken cancel)
    {
        if (options.SizeMismatch == SizeMismatch.Fail
            && SizeRule.FaultOf(image.Header.Size, folder.Model, folder.Request.ImageSize, catalogue) is { } fault)
            return new StoreOutcome.Invalid($"The image {fault}");

        // A crash after this leaves an image without its provenance; the next attempt, or who ends the job without one, writes it.
        var (stored, isOurs) = await Upload(image, index, folder, cancel);
        // Not cancelled: the image is stored and is to count, whatever becomes of what stands beside it.
        if (isOurs) await Write(stored, folder, answer, conditions: null, CancellationToken.None);
        else await WriteIfMissing(stored, folder, CancellationToken.None);
        return new StoreOutcome.Stored(stored.Image);
    }

    /// <returns>The image of that name, and whether it is this attempt's.</returns>
    private async Task<(FoundImage Image, bool IsOurs)> Upload(
        SpooledImage image, int index, ImageFolder folder, CancellationToken cancel)
    {
        var (facts, metadata) = (image.Facts, folder.MetadataOf(index));
        var name = $"{folder.Name}{metadata["index"]}.{image.Header.Extension}";
        var stored = new StoredImage(index, name, facts.ContentType, facts.Bytes, facts.Width, facts.Height, facts.Sha256);
        var blob = container.GetBlobClient(name);
        // Never over another: a worker that lost its claim must not change what its successor was paid for.
        if (await image.Upload(blob, metadata, cancel))
        {
            Meters.Image(facts.Bytes, folder.Model.Tier);
            return (new(stored, folder.Attempt, time.GetUtcNow()), IsOurs: true);
        }

        // There already: from such a worker, or from this very upload, whose answer was lost.
        var there = (await blob.GetPropertiesAsync(cancellationToken: cancel)).Value;
        var found = Described(name, there.ContentType, there.ContentLength, there.Metadata, there.LastModified)
            ?? new(stored, null, there.LastModified);
        return (found, found.Attempt == folder.Attempt && found.Image.Sha256 == stored.Sha256);
    }

    /// <summary>For an image whose worker has not said what it was answered; if that worker lives after all, it writes over this.</summary>
    private Task WriteIfMissing(FoundImage image, ImageFolder folder, CancellationToken cancel) =>
        Write(image, folder, answer: "", new BlobRequestConditions { IfNoneMatch = ETag.All }, cancel);

    private async Task Write(
        FoundImage image, ImageFolder folder, string answer, BlobRequestConditions? conditions, CancellationToken cancel)
    {
        var provenance = Provenance.Of(image, folder, catalogue, answer);
        try
        {
            await container.GetBlobClient(Provenance.BlobOf(folder.Name, image.Image.Index)).UploadAsync(
                BinaryData.FromObjectAsJson(provenance, Json.Options),
                new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" }, Conditions = conditions },
                cancel);
        }
        catch (RequestFailedException e) when (conditions is not null && e.Status is 409 or 412)
        {
            // It is there.
        }
    }

    /// <summary>What a blob says of itself, or null if it was not stored by this class.</summary>
    private static FoundImage? Described(
        string name, string contentType, long length, IDictionary<string, string> metadata, DateTimeOffset? storedAt) =>
        ImageFacts.Number(metadata, "index") is { } index && ImageFacts.From(contentType, length, metadata) is { } facts
            ? new(
                new StoredImage(index, name, facts.ContentType, facts.Bytes, facts.Width, facts.Height, facts.Sha256),
                ImageFacts.Number(metadata, "attempt"), storedAt ?? DateTimeOffset.MinValue)
            : null;
}
