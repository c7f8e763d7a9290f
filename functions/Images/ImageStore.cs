using System.Globalization;
using System.Security.Cryptography;
using Azure;
using Azure.Storage;
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
    /// <summary>One Put Blob up to this size, blocks above: most images take a single storage transaction.</summary>
    private const int SingleUploadBytesMax = 32 << 20;

    private const string Immutable = "private, max-age=31536000, immutable";

    private const int CopyBufferBytes = 128 * 1024;

    private static readonly StorageTransferOptions Transfer = new()
    {
        InitialTransferSize = SingleUploadBytesMax,
        MaximumTransferSize = 8 << 20,
        MaximumConcurrency = 1,
    };

    private readonly BlobContainerClient outputs = blobs.GetBlobContainerClient(StorageNames.OutputsContainer);

    /// <summary>Downloads, checks and stores one image under a name that is the same at every try.</summary>
    /// <param name="url">Where the image API put it.</param>
    /// <param name="index">Which of the job's images.</param>
    /// <param name="folder">Where it goes.</param>
    /// <param name="cancel">Also the limit on how long it may take.</param>
    public async Task<StoreOutcome> Store(Uri url, int index, ImageFolder folder, CancellationToken cancel)
    {
        await using var file = TemporaryFile();
        string sha256;
        try
        {
            using var answer = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (!answer.IsSuccessStatusCode) return new StoreOutcome.Invalid($"The image's URL answered {(int)answer.StatusCode}.");
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
            if (await Copy(stream, file, cancel) is not { } hash)
                return new StoreOutcome.Invalid($"The image is larger than {options.ImageBytesMax:N0} bytes.");
            sha256 = hash;
        }
        catch (HttpRequestException)
        {
            return new StoreOutcome.Invalid("The image's download broke off.");
        }

        if (await ReadHeader(file, cancel) is not { } header)
            return new StoreOutcome.Invalid("What was behind the image's URL is no whole PNG, JPEG or WebP file.");

        var image = new StoredImage(
            index, $"{folder.Folder}{index.ToString(CultureInfo.InvariantCulture)}.{header.Extension}", header.ContentType, file.Length,
            header.Size.Width, header.Size.Height, sha256);
        return new StoreOutcome.Stored(await Upload(file, image, folder, cancel));
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
    private static StoredImage? Described(string name, string contentType, long length, IDictionary<string, string> metadata)
    {
        return Number("index") is { } index && Number("width") is { } width && Number("height") is { } height
            && metadata.TryGetValue("sha256", out var sha256)
                ? new StoredImage(index, name, contentType, length, width, height, sha256)
                : null;

        int? Number(string key) =>
            metadata.TryGetValue(key, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private async Task<string?> Copy(Stream from, Stream to, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[CopyBufferBytes];
        long length = 0;
        int count;
        while ((count = await Receive(from, buffer, cancel)) > 0)
        {
            length += count;
            if (length > options.ImageBytesMax) return null;
            hash.AppendData(buffer, 0, count);
            await to.WriteAsync(buffer.AsMemory(0, count), cancel);
        }

        await to.FlushAsync(cancel);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // Only the sender's faults make an image invalid; a full disk here is a fault of ours and goes on as what it is.
    private static async ValueTask<int> Receive(Stream from, Memory<byte> buffer, CancellationToken cancel)
    {
        try
        {
            return await from.ReadAsync(buffer, cancel);
        }
        catch (IOException e)
        {
            throw new HttpRequestException(e.Message, e);
        }
    }

    private static async Task<ImageHeader?> ReadHeader(FileStream file, CancellationToken cancel)
    {
        var head = new byte[Math.Min(ImageHeader.BytesMax, file.Length)];
        file.Position = 0;
        await file.ReadExactlyAsync(head, cancel);
        if (ImageHeader.Read(head) is not { } header || file.Length < ImageHeader.TrailerBytes) return null;

        var trailer = new byte[ImageHeader.TrailerBytes];
        file.Position = file.Length - trailer.Length;
        await file.ReadExactlyAsync(trailer, cancel);
        return header.IsWhole(head, trailer, file.Length) ? header : null;
    }

    private async Task<StoredImage> Upload(FileStream file, StoredImage image, ImageFolder folder, CancellationToken cancel)
    {
        file.Position = 0;
        var metadata = new Dictionary<string, string>(folder.Metadata)
        {
            ["index"] = image.Index.ToString(CultureInfo.InvariantCulture),
            ["width"] = image.Width.ToString(CultureInfo.InvariantCulture),
            ["height"] = image.Height.ToString(CultureInfo.InvariantCulture),
            ["sha256"] = image.Sha256,
        };
        var blob = outputs.GetBlobClient(image.Blob);
        try
        {
            await blob.UploadAsync(
                file,
                new BlobUploadOptions
                {
                    HttpHeaders = new BlobHttpHeaders { ContentType = image.ContentType, CacheControl = Immutable },
                    Metadata = metadata,
                    TransferOptions = Transfer,
                    // Never over another: a worker that lost its claim must not change what its successor was paid for.
                    Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
                },
                cancel);
            return image;
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            // There already: from such a worker, or from this very upload, whose answer was lost.
            var there = await blob.GetPropertiesAsync(cancellationToken: cancel);
            return Described(image.Blob, there.Value.ContentType, there.Value.ContentLength, there.Value.Metadata) ?? image;
        }
    }

    /// <summary>
    /// A file that nobody else sees and that is gone when it is closed: the length is known and the SDK can send it again.
    /// </summary>
    private static FileStream TemporaryFile() => new(
        Path.Combine(Path.GetTempPath(), "pipeline-" + Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None,
        CopyBufferBytes, FileOptions.Asynchronous | FileOptions.DeleteOnClose);
}
