using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Manifests as the contract shows them: all of it is on the manifest's row.</summary>
public sealed class ManifestViews(SignedUrls urls)
{
    /// <param name="manifest">As it was read.</param>
    /// <param name="hasPage">Whether its contact sheet was seen to just now; else its URL is not shown.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ManifestView> Of(Manifest manifest, bool hasPage, CancellationToken cancel)
    {
        var progress = manifest.Progress;
        var isRead = manifest.State != ManifestState.Validating && (manifest.HeldBy is not null || manifest.Refusal is not null);
        return new ManifestView(
            "manifest",
            manifest.Id.Value,
            manifest.Name,
            manifest.State,
            manifest.CreatedAt,
            manifest.FinishedAt,
            manifest.Refusal,
            ManifestCounts.Of(manifest),
            ManifestCredits.Of(manifest),
            await Url(ManifestBlobs.Results(manifest), progress.ResultsBytes > 0, cancel),
            await Url(ManifestBlobs.Errors(manifest), progress.ErrorsBytes > 0, cancel),
            await Url(ManifestBlobs.Page(manifest), hasPage, cancel),
            await Url(ManifestBlobs.Report(manifest), isRead, cancel));
    }

    private async Task<string?> Url(string blob, bool isThere, CancellationToken cancel) =>
        isThere ? (await urls.ToRead(StorageNames.OutputsContainer, blob, cancel)).Url.AbsoluteUri : null;
}

/// <summary>The manifest of the contract, field by field.</summary>
public sealed record ManifestView(
    [AllowedValues("manifest")] string Object,
    string Id,
    string Name,
    ManifestState Status,
    [Description("When the file was dropped.")] DateTimeOffset CreatedAt,
    DateTimeOffset? FinishedAt,
    [Description("Why nothing of it runs; null if it does.")] ManifestRefusal? Refusal,
    ManifestCounts Counts,
    ManifestCredits Credits,
    [Description("Signed: a line of JSON for each job with images. Grows while the manifest runs; null as long as there is none.")]
    string? ResultsUrl,
    [Description("Signed: a line of JSON for each job that did not succeed, or not wholly. Null as long as there is none.")]
    string? ErrorsUrl,
    [Description("Signed: the contact sheet. Shown of one manifest whose jobs were accepted, as it is asked for; null in lists.")]
    string? PageUrl,
    [Description("Signed: what was wrong with which job, duplicates, prices, advice. Null until the file is read.")] string? ReportUrl);

/// <summary>How many of a manifest's jobs are in which state, as of the last look, some seconds ago.</summary>
public sealed record ManifestCounts(
    [Description("All jobs of the file.")] int Total,
    [Description("Never become jobs; the report says why.")] int Invalid,
    [Description("Valid, and do not run: they ran in an earlier version of the file, or there were too few credits.")] int Skipped,
    int Queued, int Running, int Succeeded, int PartiallySucceeded, int Failed, int Canceled, int Expired)
{
    public static ManifestCounts Of(Manifest manifest)
    {
        var progress = manifest.Progress;
        return new ManifestCounts(
            Total: manifest.Total + manifest.Invalid + manifest.Skipped,
            Invalid: manifest.Invalid,
            Skipped: manifest.Skipped,
            Queued: manifest.Total - progress.Collected - progress.Running,
            Running: progress.Running,
            Succeeded: progress.Succeeded,
            PartiallySucceeded: progress.PartiallySucceeded,
            Failed: progress.Failed,
            Canceled: progress.Canceled,
            Expired: progress.Expired);
    }
}

/// <summary>A manifest's credits: its price is held as one, and captured or released job by job.</summary>
public sealed record ManifestCredits(long Price, long Held, long Captured, long Released)
{
    public static ManifestCredits Of(Manifest manifest)
    {
        if (manifest.HeldBy is null) return new ManifestCredits(manifest.Price, 0, 0, 0);
        var (captured, released) = (manifest.Progress.Captured, manifest.Progress.Released + manifest.Returned);
        return new ManifestCredits(manifest.Price, manifest.Price - captured - released, captured, released);
    }
}
