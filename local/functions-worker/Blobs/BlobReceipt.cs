using System.Globalization;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Local.FunctionsWorker;

/// <summary>What is remembered of a version of a blob for a function: the tries that began, and whether it is done with.</summary>
internal sealed record BlobReceipt(int Tries, bool IsComplete)
{
    private const string Container = "azure-webjobs-hosts";
    private const string TriesKey = "Tries";
    private const string CompleteKey = "Complete";

    /// <summary>The receipt's blob. The ETag precedes the name, which may have slashes.</summary>
    public static BlobClient At(BlobServiceClient host, string app, Function function, BlobClient blob, BlobVersion version) =>
        host.GetBlobContainerClient(Container)
            .GetBlobClient($"blobreceipts/{app}/{function.Id}/{version.Value}/{blob.BlobContainerName}/{blob.Name}");

    public static async Task<BlobReceipt> Read(BlobClient receipt)
    {
        try
        {
            var properties = await receipt.GetPropertiesAsync(cancellationToken: CancellationToken.None);
            var metadata = properties.Value.Metadata;
            var tries = metadata.TryGetValue(TriesKey, out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
            return new BlobReceipt(tries, metadata.ContainsKey(CompleteKey));
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return new BlobReceipt(0, IsComplete: false);
        }
    }

    public Task Write(BlobClient receipt, BlobClaim claim)
    {
        var metadata = new Dictionary<string, string> { [TriesKey] = Tries.ToString(CultureInfo.InvariantCulture) };
        if (IsComplete) metadata[CompleteKey] = "true";
        return receipt.SetMetadataAsync(metadata, new BlobRequestConditions { LeaseId = claim.LeaseId }, CancellationToken.None);
    }
}
