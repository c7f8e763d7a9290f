using System.Security.Cryptography;
using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>A dropped file's bytes, and what identifies them.</summary>
/// <param name="Content">The bytes, or the first <see cref="ReadManifest.BytesMax"/> and one of a file that is too large.</param>
/// <param name="Sha256">Of the content, in hex.</param>
/// <param name="DroppedAt">When it was last written.</param>
public sealed record DroppedFile(byte[] Content, string Sha256, DateTimeOffset DroppedAt)
{
    public bool IsTooLarge => Content.Length > ReadManifest.BytesMax;
}

/// <summary>The files of manifests: what was dropped, and the reports on it.</summary>
public sealed class ManifestFiles(BlobServiceClient blobs)
{
    /// <summary>The report's blob in the container <c>outputs</c>.</summary>
    public static string ReportOf(Manifest manifest) => $"{manifest.Account}/manifests/{manifest.Id}/report.json";

    /// <summary>Reads a dropped file, or gives null if it is gone.</summary>
    public async Task<DroppedFile?> Read(string blob, CancellationToken cancel)
    {
        try
        {
            var client = blobs.GetBlobContainerClient(StorageNames.ManifestsContainer).GetBlobClient(blob);
            var download = await client.DownloadStreamingAsync(cancellationToken: cancel);
            using var answer = download.Value;
            var content = new byte[Math.Min(answer.Details.ContentLength, ReadManifest.BytesMax + 1)];
            await answer.Content.ReadExactlyAsync(content, cancel);
            return new DroppedFile(content, Convert.ToHexStringLower(SHA256.HashData(content)), answer.Details.LastModified);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    /// <summary>Writes what was found in a manifest, before anything is held for it.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="plan">What was read.</param>
    /// <param name="refusal">Why nothing of it runs, or null.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task WriteReport(Manifest manifest, ManifestPlan plan, string? refusal, CancellationToken cancel)
    {
        var report = new
        {
            Object = "manifest_report",
            Manifest = manifest.Id.Value,
            manifest.Name,
            File = manifest.Blob,
            Accepted = refusal is null,
            Refusal = refusal,
            Jobs = refusal is null
                ? plan.Jobs.Select((job, place) => new
                {
                    job.Index,
                    job.Line,
                    job.Request.CustomId,
                    Id = manifest.Id.Job(manifest.CreatedAt, place).Value,
                })
                : [],
            plan.Invalid,
            Credits = manifest.Price,
            plan.Errors,
        };
        await blobs.GetBlobContainerClient(StorageNames.OutputsContainer).GetBlobClient(ReportOf(manifest)).UploadAsync(
            BinaryData.FromBytes(JsonSerializer.SerializeToUtf8Bytes(report, Json.Options)),
            new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "application/json" } },
            cancel);
    }
}
