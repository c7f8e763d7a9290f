using Azure;
using Azure.Storage.Blobs;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.References;

/// <summary>The images that accounts bring. The blob is the record: it carries all that is known of its image.</summary>
public sealed class ReferenceStore(BlobServiceClient blobs)
{
    private static readonly Dictionary<string, string> NothingMore = [];

    private readonly BlobContainerClient container = blobs.GetBlobContainerClient(StorageNames.ReferencesContainer);

    /// <summary>The blob's name in the container <c>references</c>.</summary>
    public static string BlobOf(AccountId account, ReferenceId id) => $"{account}/{id}";

    /// <summary>Stores an image for an account. The same image again, also at the same time, is the same reference.</summary>
    /// <returns>The reference, and whether it is new.</returns>
    public async Task<(StoredReference Reference, bool IsNew)> Store(AccountId account, SpooledImage image, CancellationToken cancel)
    {
        var reference = new StoredReference(ReferenceId.Of(account, image.Facts.Sha256), image.Facts);
        // A look is cheaper than sending megabytes to be told that they are there: the same style goes along with many jobs.
        if (await Find(account, reference.Id, cancel) is not null) return (reference, false);

        // A crash after this leaves a whole image that no job names yet; the same image finds it.
        var isNew = await image.Upload(container.GetBlobClient(BlobOf(account, reference.Id)), NothingMore, cancel);
        return (reference, isNew);
    }

    /// <summary>The account's reference with this id, or null.</summary>
    public async Task<StoredReference?> Find(AccountId account, ReferenceId id, CancellationToken cancel)
    {
        try
        {
            var there = await container.GetBlobClient(BlobOf(account, id)).GetPropertiesAsync(cancellationToken: cancel);
            var facts = ImageFacts.From(there.Value.ContentType, there.Value.ContentLength, there.Value.Metadata)
                ?? throw new FormatException($"Reference {id} does not say what it is.");
            return new StoredReference(id, facts);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }
}
