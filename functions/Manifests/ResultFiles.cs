using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Appends a manifest's jobs to its files of results and errors, each once.</summary>
public sealed class ResultFiles(BlobServiceClient blobs)
{
    /// <summary>The most that the service appends at once.</summary>
    private const int BlockBytesMax = 4 << 20;

    private static readonly AppendBlobCreateOptions NdJson = new()
    {
        HttpHeaders = new BlobHttpHeaders { ContentType = "application/x-ndjson" },
        Tags = new Dictionary<string, string>(ManifestBlobs.ReportTags),
    };

    private readonly BlobContainerClient outputs = blobs.GetBlobContainerClient(StorageNames.OutputsContainer);

    /// <param name="manifest">How long its files are as far as it knows.</param>
    /// <param name="jobs">Done since then.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>How long the files are now, in bytes.</returns>
    public async Task<(long Results, long Errors)> Append(Manifest manifest, IReadOnlyList<Job> jobs, CancellationToken cancel)
    {
        var withImages = jobs.Where(job => job.Images.Count > 0).Select(job => (job.Id.Value, ResultLine.Of(job)));
        var without = jobs.Where(job => job.Status != JobStatus.Succeeded).Select(job => (job.Id.Value, ErrorLine.Of(job)));
        var results = await Append(ManifestBlobs.Results(manifest), manifest.Progress.ResultsBytes, [.. withImages], cancel);
        var errors = await Append(ManifestBlobs.Errors(manifest), manifest.Progress.ErrorsBytes, [.. without], cancel);
        return (results, errors);
    }

    /// <returns>How long the file is now.</returns>
    private async Task<long> Append(
        string name, long length, List<(string Job, byte[] Line)> lines, CancellationToken cancel)
    {
        var file = outputs.GetAppendBlobClient(name);
        while (lines.Count > 0)
        {
            var (block, count) = Block(lines);
            if (await TryAppend(file, length, block, cancel))
            {
                length += block.Length;
                lines = lines[count..];
                continue;
            }

            // A turn that crashed, or another one, has appended since the manifest was read: lines of some of the same jobs.
            (length, var there) = await Tail(file, length, cancel);
            lines = [.. lines.Where(line => !there.Contains(line.Job))];
        }

        return length;
    }

    /// <summary>The first lines that fit into one block; each line does.</summary>
    private static (MemoryStream Block, int Count) Block(List<(string Job, byte[] Line)> lines)
    {
        var block = new MemoryStream();
        var count = 0;
        foreach (var (_, line) in lines)
        {
            if (count > 0 && block.Length + line.Length > BlockBytesMax) break;
            block.Write(line);
            count++;
        }

        block.Position = 0;
        return (block, count);
    }

    /// <returns>Whether it was appended; not if the file has another length than it should.</returns>
    private static async Task<bool> TryAppend(AppendBlobClient file, long length, MemoryStream block, CancellationToken cancel)
    {
        // Also if somebody deleted it: what comes from now on is kept.
        if (length == 0) await file.CreateIfNotExistsAsync(NdJson, cancellationToken: cancel);
        try
        {
            var conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = length };
            await file.AppendBlockAsync(block, new AppendBlobAppendBlockOptions { Conditions = conditions }, cancel);
            return true;
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            return false;
        }
    }

    /// <returns>How long the file is, and whose lines follow what is known of it.</returns>
    private static async Task<(long Length, HashSet<string> Jobs)> Tail(AppendBlobClient file, long known, CancellationToken cancel)
    {
        var jobs = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            var length = (await file.GetPropertiesAsync(cancellationToken: cancel)).Value.ContentLength;
            if (length <= known) return (length, jobs);
            var options = new BlobDownloadOptions { Range = new HttpRange(known, length - known) };
            await using var tail = (await file.DownloadStreamingAsync(options, cancel)).Value.Content;
            await foreach (var line in Lines.Of(tail, leaveOpen: true, cancel))
            {
                using var json = JsonDocument.Parse(line);
                jobs.Add(json.RootElement.GetProperty("id").GetString()!);
            }

            return (length, jobs);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return (0, jobs);
        }
    }
}
