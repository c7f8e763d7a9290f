using System.Collections.Concurrent;
using System.IO.Hashing;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Pipeline.Tests.Local.IoHashing;

/// <summary>Azurite takes a CRC-64 with an upload, but answers 500 FeatureNotSupported when a download asks for one.</summary>
public sealed class TransferValidationTests
{
    [Test]
    public async Task Every_block_is_uploaded_with_its_CRC64()
    {
        var sent = new SentChecksums();
        var options = new BlobClientOptions();
        options.AddPolicy(sent, HttpPipelinePosition.PerCall);
        var container = new BlobContainerClient(Storage.NewAccount(), "outputs", options);
        await container.CreateAsync();
        var content = new byte[300_000];
        new Random(1).NextBytes(content);
        var blob = container.GetBlobClient("image.png");

        await blob.UploadAsync(new MemoryStream(content), new BlobUploadOptions
        {
            TransferValidation = new UploadTransferValidationOptions { ChecksumAlgorithm = StorageChecksumAlgorithm.StorageCrc64 },
            TransferOptions = new StorageTransferOptions { InitialTransferSize = 100_000, MaximumTransferSize = 100_000 },
        });

        var stored = await blob.DownloadContentAsync();
        Assert.That(stored.Value.Content.ToArray(), Is.EqualTo(content));
        Assert.That(sent.OfBlocks, Has.Count.EqualTo(3).And.Unique);
        Assert.That(sent.OfBlocks, Has.All.Length.EqualTo(8));
    }

    [Test]
    public async Task A_stream_hashes_as_its_pieces_do()
    {
        var content = new byte[200_000];
        new Random(2).NextBytes(content);
        Sum pieces = new(), stream = new(), asynchronous = new();

        pieces.Append(content.AsSpan(0, 70_000));
        pieces.Append(content.AsSpan(70_000));
        stream.Append(new MemoryStream(content));
        await asynchronous.AppendAsync(new MemoryStream(content));

        Assert.That(stream.GetCurrentHash(), Is.EqualTo(pieces.GetCurrentHash()).And.EqualTo(asynchronous.GetCurrentHash()));
    }

    [Test]
    public void A_hash_is_written_at_the_start_of_a_longer_destination()
    {
        var sum = new Sum();
        sum.Append([1, 2]);
        var destination = new byte[5];

        Assert.That(sum.GetCurrentHash(destination), Is.EqualTo(4));
        Assert.That(destination, Is.EqualTo(new byte[] { 3, 0, 0, 0, 0 }));
    }

    [Test]
    public void A_destination_too_short_for_the_hash_is_refused() =>
        Assert.That(() => new Sum().GetCurrentHash(new byte[3]), Throws.ArgumentException);

    /// <summary>The sum of all bytes: every byte counts, and the expected value is easy to see.</summary>
    private sealed class Sum() : NonCryptographicHashAlgorithm(hashLengthInBytes: 4)
    {
        private int sum;

        public override void Append(ReadOnlySpan<byte> source)
        {
            foreach (var value in source) sum += value;
        }

        public override void Reset() => sum = 0;

        protected override void GetCurrentHashCore(Span<byte> destination) => BitConverter.TryWriteBytes(destination, sum);
    }

    private sealed class SentChecksums : HttpPipelineSynchronousPolicy
    {
        public ConcurrentBag<byte[]> OfBlocks { get; } = [];

        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Uri.Query.Contains("comp=block&", StringComparison.Ordinal)
                && message.Request.Headers.TryGetValue("x-ms-content-crc64", out var checksum))
            {
                OfBlocks.Add(Convert.FromBase64String(checksum));
            }
        }
    }
}
