using System.Globalization;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.Storage;

namespace Pipeline.Images;

/// <summary>Where a job's images go, and what is noted on each.</summary>
/// <param name="Folder">The names' common beginning, <c>{account}/{job}/</c>.</param>
/// <param name="Metadata">Noted on each blob beside its own: letters, digits and underscores as names, ASCII values.</param>
public sealed record ImageFolder(string Folder, IReadOnlyDictionary<string, string> Metadata);

/// <summary>Moves images from the image API into Blob Storage: one pass, flat memory, visible only when whole.</summary>
public sealed class ImageStore(HttpClient http, BlobServiceClient blobs, ImageApiOptions options)
{
    private readonly BlobContainerClient outputs = blobs.GetBlobContainerClient(StorageNames.OutputsContainer);

    /// <summary>Downloads, checks and stores one image under a name that is the same at every try.</summary>
    /// <param name="url">Where the image API put it.</param>
    /// <param name="index">Which of the job's images.</param>
    /// <param name="folder">Where it goes.</param>
    /// <param name="cancel">Also the limit on how long it may take.</param>
    public async Task<StoreOutcome> Store(Uri url, int index, ImageFolder folder, CancellationToken cancel)
    {
        SpoolOutcome received;
        try
        {
            using var answer = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (!answer.IsSuccessStatusCode) return new StoreOutcome.Invalid($"The image's URL answered {(int)answer.StatusCode}.");
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
            received = await SpooledImage.From(stream.ReadAsync, options.ImageBytesMax, cancel);
        }
        catch (HttpRequestException)
        {
            received = new SpoolOutcome.BrokeOff();
        }

        switch (received)
        {
            case SpoolOutcome.Whole { Image: var image }:
                await using (image) return new StoreOutcome.Stored(await Upload(image, index, folder, cancel));
            case SpoolOutcome.TooLarge:
                return new StoreOutcome.Invalid($"The image is larger than {options.ImageBytesMax:N0} bytes.");
            case SpoolOutcome.BrokeOff:
                return new StoreOutcome.Invalid("The image's download broke off.");
            default:
                return new StoreOutcome.Invalid("What was behind the image's URL is no whole PNG, JPEG or WebP file.");
        }
    }

    /// <summary>The images that are there already, from an attempt that crashed or got only some.</summary>
    public async Task<IReadOnlyList<StoredImage>> Find(string folder, CancellationToken cancel)
    {
        var found = new List<StoredImage>();
        await foreach (var blob in outputs.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, folder, cancel))
        {
            var image = Described(blob.Name, blob.Properties.ContentType, blob.Properties.ContentLength ?? 0, blob.Metadata);
            if (image is not null) found.Add(image);
        }

        // A worker that lost its claim may have stored one of another type beside it.
        return [.. found.DistinctBy(image => image.Index)];
    }

    /// <summary>Deletes all that is in a folder; what is gone already is no fault.</summary>
    public async Task Delete(string folder, CancellationToken cancel)
    {
        await foreach (var blob in outputs.GetBlobsAsync(BlobTraits.None, BlobStates.None, folder, cancel))
            await outputs.GetBlobClient(blob.Name).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancel);
    }

    /// <summary>What a blob says of itself, or null if it was not stored by this class.</summary>
    private static StoredImage? Described(string name, string contentType, long length, IDictionary<string, string> metadata) =>
        ImageFacts.Number(metadata, "index") is { } index && ImageFacts.From(contentType, length, metadata) is { } facts
            ? Of(index, name, facts)
            : null;

    private static StoredImage Of(int index, string blob, ImageFacts facts) =>
        new(index, blob, facts.ContentType, facts.Bytes, facts.Width, facts.Height, facts.Sha256);

    private async Task<StoredImage> Upload(SpooledImage image, int index, ImageFolder folder, CancellationToken cancel)
    {
        var number = index.ToString(CultureInfo.InvariantCulture);
        var stored = Of(index, $"{folder.Folder}{number}.{image.Header.Extension}", image.Facts);
        var blob = outputs.GetBlobClient(stored.Blob);
        var metadata = new Dictionary<string, string>(folder.Metadata) { ["index"] = number };
        // Never over another: a worker that lost its claim must not change what its successor was paid for.
        if (await image.Upload(blob, metadata, cancel)) return stored;

        // There already: from such a worker, or from this very upload, whose answer was lost.
        var there = await blob.GetPropertiesAsync(cancellationToken: cancel);
        return Described(stored.Blob, there.Value.ContentType, there.Value.ContentLength, there.Value.Metadata) ?? stored;
    }
}
