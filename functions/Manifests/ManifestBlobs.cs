using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>The file of a manifest, and the blobs beside its results: <c>outputs/{account}/manifests/{id}/…</c>.</summary>
public sealed class ManifestBlobs(BlobServiceClient blobs)
{
    private readonly BlobContainerClient dropped = blobs.GetBlobContainerClient(StorageNames.ManifestsContainer);
    private readonly BlobContainerClient outputs = blobs.GetBlobContainerClient(StorageNames.OutputsContainer);

    /// <summary>
    /// What tells reports from pictures, which lie in the same container: a lifecycle rule may keep them for another time. A prefix cannot,
    /// for the account comes first.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, string> ReportTags = new Dictionary<string, string> { ["kind"] = "report" };

    /// <summary>What was found in the file.</summary>
    public static string Report(Manifest manifest) => Folder(manifest) + "report.json";

    /// <summary>The jobs as they are made, a line each.</summary>
    public static string Plan(Manifest manifest) => Folder(manifest) + "plan.ndjson";

    /// <summary>The jobs that have images.</summary>
    public static string Results(Manifest manifest) => Folder(manifest) + "results.ndjson";

    /// <summary>The jobs that did not succeed.</summary>
    public static string Errors(Manifest manifest) => Folder(manifest) + "errors.ndjson";

    /// <summary>The contact sheet.</summary>
    public static string Page(Manifest manifest) => Folder(manifest) + "index.html";

    /// <summary>Which lines ran under the manifest's name, this manifest's and those of the ones before.</summary>
    public static string Lines(string account, string manifest) => $"{account}/manifests/{manifest}/lines.bin";

    public BlobClient Output(string name) => outputs.GetBlobClient(name);

    /// <summary>Stores a report, over one that is there.</summary>
    public Task StoreReport(string name, Stream content, BlobHttpHeaders headers, CancellationToken cancel)
    {
        var options = new BlobUploadOptions { HttpHeaders = headers, Tags = new Dictionary<string, string>(ReportTags) };
        return Output(name).UploadAsync(content, options, cancel);
    }

    /// <summary>Opens the version of the file that the manifest is of; null if it is gone or was written over.</summary>
    public async Task<Stream?> Open(ManifestFile file, CancellationToken cancel)
    {
        var options = new BlobDownloadOptions { Conditions = new BlobRequestConditions { IfMatch = file.ETag } };
        try
        {
            return (await dropped.GetBlobClient(file.Blob).DownloadStreamingAsync(options, cancel)).Value.Content;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            return null;
        }
    }

    /// <summary>Stores a file that came over HTTP.</summary>
    public async Task<ManifestFile> Store(string blob, Stream content, CancellationToken cancel)
    {
        var bytes = content.Length - content.Position;
        var stored = await dropped.GetBlobClient(blob).UploadAsync(content, cancellationToken: cancel);
        return new ManifestFile(blob, stored.Value.ETag, stored.Value.LastModified, bytes);
    }

    /// <summary>Reads a blob of the manifest from a byte on; null if it is gone.</summary>
    public async Task<Stream?> Read(string name, long from, CancellationToken cancel)
    {
        try
        {
            var options = new BlobDownloadOptions { Range = new HttpRange(from) };
            return (await Output(name).DownloadStreamingAsync(options, cancel)).Value.Content;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (RequestFailedException e) when (e.Status == 416)
        {
            // There is nothing behind that byte.
            return Stream.Null;
        }
    }

    private static string Folder(Manifest manifest) => $"{manifest.Account}/manifests/{manifest.Id}/";
}
