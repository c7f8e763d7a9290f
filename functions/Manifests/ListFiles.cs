using Azure;
using Azure.Storage.Blobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>The files in the container <c>manifests</c>, owner by owner.</summary>
public sealed class ListFiles(BlobServiceClient blobs)
{
    private readonly BlobContainerClient container = blobs.GetBlobContainerClient(StorageNames.ManifestsContainer);

    /// <summary>All files, in groups by the first segment of their names, which is empty for some. A request for each 5,000.</summary>
    public async IAsyncEnumerable<(string Owner, IReadOnlyList<ManifestFile> Files)> ByOwner(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var (owner, files) = ("", new List<ManifestFile>());
        // In the order of their names, so that an owner's stand together; but for those without one, which are handed out as they come.
        await foreach (var blob in container.GetBlobsAsync(cancellationToken: cancel))
        {
            var next = OwnerOf(blob.Name);
            if (next != owner && files.Count > 0)
            {
                yield return (owner, files);
                files = [];
            }

            owner = next;
            var properties = blob.Properties;
            files.Add(new ManifestFile(
                blob.Name, InQuotes(properties.ETag!.Value), properties.LastModified!.Value, properties.ContentLength ?? 0));
        }

        if (files.Count > 0) yield return (owner, files);
    }

    /// <summary>As storage writes it everywhere but in a list: the file's manifest is known by it.</summary>
    private static ETag InQuotes(ETag etag) => etag.ToString().StartsWith('"') ? etag : new ETag($"\"{etag}\"");

    private static string OwnerOf(string blob) => blob.IndexOf('/', StringComparison.Ordinal) is var end and >= 0 ? blob[..end] : "";
}
