using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Azure.Data.Tables;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Manifests as the contract shows them, with their jobs counted.</summary>
public sealed class ManifestViews(TableServiceClient tables, SignedUrls urls)
{
    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>Reads two values of each job: one storage request per thousand.</summary>
    public async Task<ManifestView> Of(Manifest manifest, CancellationToken cancel)
    {
        var counts = new Dictionary<JobStatus, int>();
        long held = 0, captured = 0, released = 0;
        var first = manifest.Id.Job(manifest.CreatedAt, 0).RowKey;
        // The reversed keys of a manifest's jobs differ in their last five digits only, and count down.
        var filter = LedgerKeys.Filter(manifest.Account.Value, first[..^5]);
        await foreach (var row in table.QueryAsync<TableEntity>(
            filter, select: ["Status", "Held", "Captured", "Released"], cancellationToken: cancel))
        {
            var status = row.Required<JobStatus>("Status");
            counts[status] = counts.GetValueOrDefault(status) + 1;
            held += row.Required("Held", row.GetInt64);
            captured += row.Required("Captured", row.GetInt64);
            released += row.Required("Released", row.GetInt64);
        }

        var open = counts.GetValueOrDefault(JobStatus.Queued) + counts.GetValueOrDefault(JobStatus.Running);
        var report = await urls.ToRead(StorageNames.OutputsContainer, ManifestFiles.ReportOf(manifest), cancel);
        return new ManifestView(
            "manifest",
            manifest.Id.Value,
            manifest.Name,
            manifest.State switch
            {
                ManifestState.Rejected => "rejected",
                ManifestState.Canceled when open == 0 => "canceled",
                ManifestState.Accepted when open == 0 && manifest.Created == manifest.Total => "completed",
                _ => "running",
            },
            manifest.CreatedAt,
            new ManifestCounts(
                Total: manifest.Total + manifest.Invalid,
                Invalid: manifest.Invalid,
                Queued: counts.GetValueOrDefault(JobStatus.Queued) + NotYetMade(manifest),
                Running: counts.GetValueOrDefault(JobStatus.Running),
                Succeeded: counts.GetValueOrDefault(JobStatus.Succeeded),
                PartiallySucceeded: counts.GetValueOrDefault(JobStatus.PartiallySucceeded),
                Failed: counts.GetValueOrDefault(JobStatus.Failed),
                Canceled: counts.GetValueOrDefault(JobStatus.Canceled),
                Expired: counts.GetValueOrDefault(JobStatus.Expired)),
            new ManifestCredits(manifest.Price, held, captured, released),
            report.Url.AbsoluteUri);
    }

    private static int NotYetMade(Manifest manifest) => manifest.State == ManifestState.Accepted ? manifest.Total - manifest.Created : 0;
}

/// <summary>The manifest of the contract, field by field.</summary>
public sealed record ManifestView(
    [AllowedValues("manifest")] string Object,
    string Id,
    string Name,
    [AllowedValues("running", "completed", "rejected", "canceled")] string Status,
    DateTimeOffset CreatedAt,
    ManifestCounts Counts,
    ManifestCredits Credits,
    [Description("Signed: what was wrong with which job.")] string ReportUrl);

/// <summary>How many of a manifest's jobs are in which state; those that are not valid never become jobs.</summary>
public sealed record ManifestCounts(
    int Total, int Invalid, int Queued, int Running, int Succeeded, int PartiallySucceeded, int Failed, int Canceled, int Expired);

/// <summary>A manifest's credits: its price was held as one, and is held, captured or released job by job.</summary>
public sealed record ManifestCredits(long Price, long Held, long Captured, long Released);
