using System.Security.Cryptography;
using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.Storage;

namespace Pipeline.Images;

/// <summary>What came of receiving an image.</summary>
public abstract record SpoolOutcome
{
    private SpoolOutcome()
    {
    }

    /// <summary>It is all here; dispose it.</summary>
    public sealed record Whole(SpooledImage Image) : SpoolOutcome;

    /// <summary>It has more bytes than allowed; the rest was not read.</summary>
    public sealed record TooLarge : SpoolOutcome;

    /// <summary>The sender stopped in the middle.</summary>
    public sealed record BrokeOff : SpoolOutcome;

    /// <summary>What came is no PNG, JPEG or WebP file.</summary>
    /// <param name="Bytes">How much came.</param>
    public sealed record NotAnImage(long Bytes) : SpoolOutcome;

    /// <summary>What came begins as an image and ends before it does.</summary>
    /// <param name="ContentType">What it began as.</param>
    /// <param name="Bytes">How much came.</param>
    public sealed record Truncated(string ContentType, long Bytes) : SpoolOutcome;
}

/// <summary>Gives the next bytes of an image; 0 at its end.</summary>
/// <exception cref="IOException">The sender stopped in the middle.</exception>
public delegate ValueTask<int> ReceiveBytes(Memory<byte> buffer, CancellationToken cancel);

/// <summary>A whole image in a temporary file, hashed and measured in one pass: on its way into Blob Storage.</summary>
public sealed class SpooledImage : IAsyncDisposable
{
    /// <summary>One Put Blob up to this size, blocks above: most images take a single storage transaction.</summary>
    private const int SingleUploadBytesMax = 32 << 20;

    private const string Immutable = "private, max-age=31536000, immutable";

    private static readonly StorageTransferOptions Transfer = new()
    {
        InitialTransferSize = SingleUploadBytesMax,
        MaximumTransferSize = 8 << 20,
        MaximumConcurrency = 1,
    };

    private readonly FileStream file;

    private SpooledImage(FileStream file, ImageHeader header, string sha256)
    {
        this.file = file;
        Header = header;
        Facts = new ImageFacts(header.ContentType, file.Length, header.Size.Width, header.Size.Height, sha256);
    }

    public ImageHeader Header { get; }

    public ImageFacts Facts { get; }

    /// <summary>Receives an image of at most so many bytes.</summary>
    public static async Task<SpoolOutcome> From(ReceiveBytes receive, long bytesMax, CancellationToken cancel)
    {
        var file = TemporaryFile.Create();
        SpoolOutcome? outcome = null;
        try
        {
            return outcome = await Spool(receive, bytesMax, file, cancel);
        }
        finally
        {
            if (outcome is not SpoolOutcome.Whole) await file.DisposeAsync();
        }
    }

    /// <summary>Stores it under a name, with its facts and more metadata. Never over another blob.</summary>
    /// <returns>Whether it was stored; false if there is a blob of that name already.</returns>
    public async Task<bool> Upload(BlobClient blob, IReadOnlyDictionary<string, string> metadata, CancellationToken cancel)
    {
        file.Position = 0;
        var facts = Facts.ToMetadata();
        foreach (var (key, value) in metadata) facts[key] = value;
        try
        {
            await blob.UploadAsync(
                file,
                new BlobUploadOptions
                {
                    HttpHeaders = new BlobHttpHeaders { ContentType = Facts.ContentType, CacheControl = Immutable },
                    Metadata = facts,
                    TransferOptions = Transfer,
                    Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
                },
                cancel);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 409 or 412)
        {
            return false;
        }
    }

    public ValueTask DisposeAsync() => file.DisposeAsync();

    private static async Task<SpoolOutcome> Spool(ReceiveBytes receive, long bytesMax, FileStream file, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[TemporaryFile.BufferBytes];
        while (true)
        {
            int count;
            try
            {
                count = await receive(buffer, cancel);
            }
            // Only the sender's faults: a full disk here is a fault of ours and goes on as what it is.
            catch (IOException)
            {
                return new SpoolOutcome.BrokeOff();
            }

            if (count == 0) break;
            if (file.Position + count > bytesMax) return new SpoolOutcome.TooLarge();
            hash.AppendData(buffer, 0, count);
            await file.WriteAsync(buffer.AsMemory(0, count), cancel);
        }

        await file.FlushAsync(cancel);
        return await Look(file, Convert.ToHexStringLower(hash.GetHashAndReset()), cancel);
    }

    private static async Task<SpoolOutcome> Look(FileStream file, string sha256, CancellationToken cancel)
    {
        var head = new byte[Math.Min(ImageHeader.BytesMax, file.Length)];
        file.Position = 0;
        await file.ReadExactlyAsync(head, cancel);
        if (ImageHeader.Read(head) is not { } header) return new SpoolOutcome.NotAnImage(file.Length);

        var trailer = new byte[Math.Min(ImageHeader.TrailerBytes, file.Length)];
        file.Position = file.Length - trailer.Length;
        await file.ReadExactlyAsync(trailer, cancel);
        return header.IsWhole(head, trailer, file.Length)
            ? new SpoolOutcome.Whole(new SpooledImage(file, header, sha256))
            : new SpoolOutcome.Truncated(header.ContentType, file.Length);
    }
}
