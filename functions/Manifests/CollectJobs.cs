using Azure.Data.Tables;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Finds which of the jobs that were sent are done, and appends them to the files of results.</summary>
public sealed class CollectJobs(TableServiceClient tables, JobRow rows, ResultFiles files)
{
    /// <summary>Places that far apart are read by two queries: one job that takes long must not have all after it read.</summary>
    private const int GapMax = 200;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>A crash after this leaves lines in the files that the manifest does not know of; the next try finds them there.</summary>
    /// <returns>The manifest without the jobs that are done among its open ones; its row is yet to be written.</returns>
    public async Task<Manifest> Run(Manifest manifest, CancellationToken cancel)
    {
        var progress = manifest.Progress;
        var open = progress.Open.ToHashSet();
        var (jobs, running) = (new List<Job>(), 0);
        foreach (var (from, to) in Ranges(progress.Open))
        {
            await foreach (var row in table.QueryAsync<TableEntity>(manifest.JobsFilter(from, to), cancellationToken: cancel))
            {
                var id = JobId.OfRow(row.RowKey);
                if (!open.Contains(id.Place)) continue;
                var job = rows.Read(row, id);
                if (job.IsTerminal) jobs.Add(job);
                else if (job.Status == JobStatus.Running) running++;
            }
        }

        var (results, errors) = await files.Append(manifest, [.. jobs.OrderBy(job => job.Id.Place)], cancel);
        open.ExceptWith(jobs.Select(job => job.Id.Place));
        return manifest with
        {
            Progress = jobs.Aggregate(progress, (sum, job) => sum.With(job)) with
            {
                Open = [.. open.Order()],
                Running = running,
                ResultsBytes = results,
                ErrorsBytes = errors,
                Quiet = jobs.Count == 0 ? progress.Quiet + 1 : 0,
            },
        };
    }

    /// <summary>Ranges that hold all places, and few others.</summary>
    internal static IEnumerable<(int From, int To)> Ranges(IReadOnlyList<int> places)
    {
        for (int first = 0, place = 0; place < places.Count; place++)
        {
            if (place + 1 < places.Count && places[place + 1] - places[place] <= GapMax) continue;
            yield return (places[first], places[place]);
            first = place + 1;
        }
    }
}
