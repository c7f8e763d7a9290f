using Azure.Data.Tables;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Jobs;
using Pipeline.Storage;
using Pipeline.Telemetry;

namespace Pipeline.Manifests;

/// <summary>Ends a running manifest early: gives back what its unsent jobs would have cost, and ends all its jobs.</summary>
public sealed class StopManifest(
    TableServiceClient tables, JobRow rows, ManifestTable manifests, Ledger ledger, DeliveryMessages messages, StopJob stopJob,
    ResultFiles files, JobOptions options, TimeProvider time)
{
    /// <summary>Jobs that are asked to end at once.</summary>
    private const int StopsMax = 8;

    /// <summary>
    /// Jobs that are ended in one transaction of 100 rows, two of which are the account and the manifest: each job has up to four, itself,
    /// its event, and two who are told.
    /// </summary>
    private const int EndsPerTransaction = 24;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>Goes on with what is left to end. Each step is safe to repeat.</summary>
    /// <returns>The manifest as it is then, its last change yet to be written; null if somebody else changed it.</returns>
    public async Task<Manifest?> Run(Manifest manifest, CancellationToken cancel)
    {
        if (manifest.Held > 0)
        {
            // A crash after this leaves unsent jobs that hold nothing; the next turn ends them.
            if (await GiveBack(manifest, cancel) is not { } settled) return null;
            manifest = settled;
        }

        while (manifest.Progress.Sent < manifest.Progress.Created)
        {
            if (await EndUnsent(manifest, cancel) is not { } further) return null;
            manifest = further;
        }

        // A crash in here leaves some jobs that were not asked; the next turn asks all again.
        await Parallel.ForEachAsync(
            manifest.Progress.Open, new ParallelOptions { MaxDegreeOfParallelism = StopsMax, CancellationToken = cancel },
            async (place, stop) => await stopJob.Run(manifest.Account, manifest.Job(place), stop));
        return manifest with { IsStopped = true };
    }

    private async Task<Manifest?> GiveBack(Manifest manifest, CancellationToken cancel)
    {
        var (rest, progress) = (manifest.Held, manifest.Progress);
        var unsent = manifest.Total - progress.Sent;
        // Those that do not exist yet never will.
        var settled = manifest with
        {
            Returned = rest,
            Progress = progress with { Canceled = progress.Canceled + manifest.Total - progress.Created },
        };
        var due = time.GetUtcNow() + options.ResendAfter;
        var result = await ledger.Commit(
            manifest.Account,
            books =>
            {
                var change = settled with { SettledBy = books.Balance.Version + 1 };
                return new Decision.Accept(
                    [new Transfer(TransferKind.Release, rest, manifest.Id.Value) { Jobs = -unsent }],
                    [ManifestTable.Change(change), ManifestTable.Hold(change, due)]);
            },
            cancel);
        return result switch
        {
            CommitResult.Committed => await manifests.Find(manifest.Account, manifest.Id, cancel),
            CommitResult.RowConflict => null,
            _ => throw new InvalidOperationException($"What manifest {manifest.Id} holds cannot be given back: {result}."),
        };
    }

    /// <summary>What these jobs would have cost is given back already, with the manifest.</summary>
    private async Task<Manifest?> EndUnsent(Manifest manifest, CancellationToken cancel)
    {
        var progress = manifest.Progress;
        var to = Math.Min(progress.Sent + EndsPerTransaction, progress.Created) - 1;
        var jobs = new List<Job>();
        await foreach (var row in table.QueryAsync<TableEntity>(manifest.JobsFilter(progress.Sent, to), cancellationToken: cancel))
        {
            var job = rows.Read(row, JobId.OfRow(row.RowKey));
            jobs.Add(job with
            {
                Status = JobStatus.Canceled,
                FinishedAt = time.GetUtcNow(),
                Credits = new JobCredits(Held: 0, Captured: 0, Released: job.Credits.Held),
            });
        }

        jobs.Reverse();
        var (results, errors) = await files.Append(manifest, jobs, cancel);
        var further = manifest with
        {
            Progress = progress with
            {
                Sent = to + 1,
                Canceled = progress.Canceled + jobs.Count,
                ResultsBytes = results,
                ErrorsBytes = errors,
            },
        };
        var ended = jobs.Select(job => new TableTransactionAction(TableTransactionActionType.UpdateMerge, JobRow.Changing(job), job.ETag));
        var decision = new Decision.Accept([], [ManifestTable.Change(further), .. ended]) { Events = [.. jobs.Select(JobEvent.Of)] };
        switch (await ledger.Commit(manifest.Account, _ => decision, cancel))
        {
            case CommitResult.Committed committed:
                foreach (var job in jobs) Meters.Jobs(Json.Name(job.Status), job.Request.Model.Tier);
                // A crash before this leaves events in the outbox; the sweeper has them delivered.
                await messages.Announce(committed.Deliveries);
                return committed.RowETags is [{ } etag, ..]
                    ? further with { ETag = etag }
                    : await manifests.Find(manifest.Account, manifest.Id, cancel);
            case CommitResult.RowConflict:
                return null;
            case var other:
                throw new InvalidOperationException($"The unsent jobs of manifest {manifest.Id} cannot be ended: {other}.");
        }
    }
}
