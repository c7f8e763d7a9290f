using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Audit;

/// <summary>An account's images beside the jobs that paid for them: each is there as it was delivered, and no other is.</summary>
internal sealed class AuditImages(TableClient table, BlobContainerClient container, AccountId account)
{
    private readonly Tally tally = new();

    public void Add(AuditedJob job)
    {
        foreach (var image in job.Images) tally.Add(Said(image));
    }

    /// <summary>After all jobs were added. Jobs whose blobs differ are looked at once more, one by one: most only moved.</summary>
    public async Task<Check> Compare(CancellationToken cancel)
    {
        await foreach (var (_, said) in Images($"{account}/job_", cancel)) tally.Take(said);
        var suspects = tally.IsEven ? [] : await Suspects(cancel);
        var faults = new List<string>();
        foreach (var job in suspects)
        {
            if (await FaultOf(job, cancel) is { } fault) faults.Add(fault);
        }

        return Check.Of("images", "each image that was paid for is stored as it was delivered, and no other is", faults);
    }

    private async Task<SortedSet<string>> Suspects(CancellationToken cancel)
    {
        var odd = new Dictionary<(string Job, string Said), int>();
        var jobs = table.QueryAsync<TableEntity>(
            LedgerKeys.Filter(account.Value, LedgerKeys.Job("")), select: ["RowKey", "Images"], cancellationToken: cancel);
        await foreach (var row in jobs)
        {
            foreach (var image in ImagesOf(row)) Count(image.Blob, Said(image), 1);
        }

        await foreach (var (name, said) in Images($"{account}/job_", cancel)) Count(name, said, -1);
        return [.. odd.Where(pair => pair.Value != 0).Select(pair => pair.Key.Job)];

        void Count(string name, string said, int sign)
        {
            if (!tally.IsOdd(said)) return;
            var key = (name.Split('/') is [_, var id, _] ? id : name, said);
            odd[key] = odd.GetValueOrDefault(key) + sign;
        }
    }

    private async Task<string?> FaultOf(string reference, CancellationToken cancel)
    {
        if (!JobId.TryParse(reference, out var id)) return $"{reference} is a blob of no job";
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, id.RowKey, cancellationToken: cancel);
        // What an open job has stored is not on its row yet, and a deletion may be under way.
        if (row.HasValue && row.Value!.GetString("Status") is nameof(JobStatus.Queued) or nameof(JobStatus.Running)) return null;
        var deletion = await table.GetEntityIfExistsAsync<TableEntity>(
            account.Value, LedgerKeys.Delete(reference), cancellationToken: cancel);
        if (deletion.HasValue) return null;

        var stored = new SortedSet<string>(StringComparer.Ordinal);
        await foreach (var (_, said) in Images($"{account}/{reference}/", cancel)) stored.Add(said);
        var paid = row.HasValue ? ImagesOf(row.Value!).Select(Said).ToList() : [];
        var missing = paid.Except(stored).ToList();
        stored.ExceptWith(paid);
        return missing.Count > 0 ? $"{reference} paid for {string.Join(", ", missing)}, which is not stored so"
            : stored.Count > 0 ? $"{reference} stored {string.Join(", ", stored)}, which nobody paid for"
            : null;
    }

    /// <summary>The images in a folder; what stands beside them is no image.</summary>
    private async IAsyncEnumerable<(string Name, string Said)> Images(
        string prefix, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var blob in container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, prefix, cancel))
        {
            if (Provenance.IsOne(blob.Name)) continue;
            var sha256 = blob.Metadata.TryGetValue("sha256", out var noted) ? noted : "";
            yield return (blob.Name, Said(blob.Name, blob.Properties.ContentLength ?? 0, blob.Properties.ContentType, sha256));
        }
    }

    /// <summary>None of a row that cannot be read, which is a fault of its own.</summary>
    private static IReadOnlyList<StoredImage> ImagesOf(TableEntity row)
    {
        try
        {
            return JobRow.ImagesOf(row);
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static string Said(StoredImage image) => Said(image.Blob, image.Bytes, image.ContentType, image.Sha256);

    private static string Said(string blob, long bytes, string contentType, string sha256) =>
        $"{blob} ({bytes} bytes of {contentType}, {sha256})";
}
