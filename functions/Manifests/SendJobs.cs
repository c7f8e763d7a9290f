using Azure.Data.Tables;
using Pipeline.Credits;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Sends jobs that exist to their lanes, as many as the manifest may have there at once.</summary>
/// <remarks>With that, what was held for the manifest is held for each of them: no balance changes.</remarks>
public sealed class SendJobs(
    TableServiceClient tables, JobRow rows, ManifestTable manifests, JobQueues queues, ManifestOptions options, JobOptions jobOptions,
    TimeProvider time)
{
    /// <summary>Messages sent at once.</summary>
    private const int SendsMax = 8;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>Writes how far the manifest has come, and sends what there is room for.</summary>
    /// <returns>The manifest as it is then; null if somebody else changed it: nothing is written or sent.</returns>
    public async Task<Manifest?> Run(Manifest manifest, CancellationToken cancel)
    {
        var progress = manifest.Progress;
        var room = Math.Min(options.SentAtOnceMax - progress.Open.Count, ManifestTable.JobsPerTransaction);
        var count = Math.Clamp(progress.Created - progress.Sent, 0, Math.Max(0, room));
        var jobs = count == 0 ? [] : await Read(manifest, progress.Sent, count, cancel);
        var now = time.GetUtcNow();
        var further = manifest with
        {
            Progress = progress with
            {
                Sent = progress.Sent + jobs.Count,
                SentCredits = progress.SentCredits + jobs.Sum(job => job.Credits.Held),
                Open = [.. progress.Open, .. jobs.Select(job => job.Id.Place)],
            },
        };
        var holds = jobs.Select(job => new TableTransactionAction(
            TableTransactionActionType.Add,
            OpenHold.New(job.Account, job.Id.Value, job.Credits.Held, ResendJob.FirstLook(job, now, jobOptions)).ToRow()));
        IEnumerable<TableTransactionAction> changes = jobs.Count == 0
            ? []
            : [ManifestTable.Hold(further, now + jobOptions.ResendAfter), .. holds];
        if (await manifests.TryChange(further, changes, cancel) is not var (written, _)) return null;

        // A crash in here leaves open jobs without a message; the sweeper sends them.
        await Parallel.ForEachAsync(
            jobs, new ParallelOptions { MaxDegreeOfParallelism = SendsMax, CancellationToken = cancel },
            async (job, stop) => await queues.SendFirst(job, stop));
        return written;
    }

    /// <summary>Jobs by their places, the first first.</summary>
    private async Task<List<Job>> Read(Manifest manifest, int from, int count, CancellationToken cancel)
    {
        var jobs = new List<Job>(count);
        await foreach (var row in table.QueryAsync<TableEntity>(manifest.JobsFilter(from, from + count - 1), cancellationToken: cancel))
            jobs.Add(rows.Read(row, JobId.OfRow(row.RowKey)));
        jobs.Reverse();
        return jobs.Count == count
            ? jobs
            : throw new FormatException($"Of the jobs {from} to {from + count - 1} of manifest {manifest.Id}, {jobs.Count} are there.");
    }
}
