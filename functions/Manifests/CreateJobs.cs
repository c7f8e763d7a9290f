using Azure;
using Azure.Data.Tables;
using Pipeline.Credits;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Makes the jobs of an accepted manifest, many in one transaction, and sends their messages.</summary>
public sealed class CreateJobs(TableServiceClient tables, JobQueues queues, ResolveImages resolve, JobOptions options, TimeProvider time)
{
    /// <summary>A transaction takes 100 rows: the manifest, its hold, and two for each job.</summary>
    private const int JobsPerTransaction = 49;

    /// <summary>A transaction takes 4 MiB; a character may become 6 bytes of JSON, and each row has some 2 kB of its own.</summary>
    private const int TransactionBytesMax = 3 << 20;

    private const int BytesPerCharacter = 6;
    private const int BytesPerJob = 4096;

    /// <summary>Before the jobs' rows stand the manifest and its hold; each job is followed by its own hold.</summary>
    private const int FirstJob = 2;

    /// <summary>Messages sent at once.</summary>
    private const int SendsMax = 8;

    /// <summary>Jobs whose images are stored at once; each may store several.</summary>
    private const int ResolvesMax = 2;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>Goes on from the first job that does not exist yet. Two at once do no harm: one of them stops.</summary>
    public async Task Run(Manifest manifest, ManifestPlan plan, CancellationToken cancel)
    {
        while (manifest.State == ManifestState.Accepted && manifest.Created < manifest.Total)
        {
            // A crash after this leaves stored images that no job names; the same images find them.
            var jobs = await Resolved(Next(manifest, plan), cancel);
            // A crash after this leaves open jobs without a message; the sweeper sends them.
            if (await TryCreate(manifest, plan, jobs, cancel) is not var (further, created)) return;
            await Parallel.ForEachAsync(
                created, new ParallelOptions { MaxDegreeOfParallelism = SendsMax, CancellationToken = cancel },
                async (job, stop) => await queues.SendFirst(job, stop));
            manifest = further;
        }
    }

    /// <summary>What the jobs that do not exist yet cost: what the manifest's own hold still has.</summary>
    public static long Remaining(Manifest manifest, ManifestPlan plan) =>
        plan.Jobs.Skip(manifest.Created).Sum(job => JobPrice.Of(job.Request.Model, job.Request.Num).Credits);

    private static List<Job> Next(Manifest manifest, ManifestPlan plan)
    {
        var jobs = new List<Job>(JobsPerTransaction);
        var bytes = 0;
        for (var place = manifest.Created; place < plan.Jobs.Count && jobs.Count < JobsPerTransaction; place++)
        {
            var request = plan.Jobs[place].Request;
            bytes += BytesPerJob + BytesPerCharacter * CharactersOf(request);
            if (bytes > TransactionBytesMax && jobs.Count > 0) break;
            jobs.Add(NewJob.From(
                manifest.Account, manifest.Id.Job(manifest.CreatedAt, place), request, manifest.Id.Value, manifest.CreatedAt));
        }

        return jobs;
    }

    private static int CharactersOf(JobRequest request) =>
        request.Prompt.Length
        + request.Metadata.Sum(pair => pair.Key.Length + pair.Value.Length)
        + request.AllImages.Sum(named => named.Image is ImageSource.Web web ? web.Address.AbsoluteUri.Length : 0);

    /// <summary>The same jobs with stored references instead of the images themselves, and with their conversations.</summary>
    private async Task<List<Job>> Resolved(List<Job> jobs, CancellationToken cancel)
    {
        var resolved = jobs.ToArray();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, jobs.Count), new ParallelOptions { MaxDegreeOfParallelism = ResolvesMax, CancellationToken = cancel },
            async (place, stop) =>
            {
                var images = await resolve.ForManifest(jobs[place].Account, jobs[place].Request, stop);
                resolved[place] = jobs[place] with
                {
                    Request = images.Request,
                    Parent = images.Parent,
                    Conversation = images.Conversation,
                };
            });
        return [.. resolved];
    }

    /// <summary>No balance changes: credits that were held for the manifest are held for its jobs.</summary>
    private async Task<(Manifest Further, List<Job> Created)?> TryCreate(
        Manifest manifest, ManifestPlan plan, List<Job> jobs, CancellationToken cancel)
    {
        var further = manifest with { Created = manifest.Created + jobs.Count };
        var now = time.GetUtcNow();
        var rest = OpenHold.New(manifest.Account, manifest.Id.Value, Remaining(further, plan), now + options.ResendAfter);
        var actions = new List<TableTransactionAction>
        {
            new(TableTransactionActionType.UpdateMerge, further.ToRow(), manifest.ETag),
            further.Created < further.Total
                ? new(TableTransactionActionType.UpdateReplace, rest.ToRow(), ETag.All)
                : OpenHold.Delete(manifest.Account, manifest.Id.Value),
        };
        foreach (var job in jobs)
        {
            actions.Add(new(TableTransactionActionType.Add, JobRow.Whole(job)));
            var hold = OpenHold.New(job.Account, job.Id.Value, job.Credits.Held, ResendJob.FirstLook(job, now, options));
            actions.Add(new(TableTransactionActionType.Add, hold.ToRow()));
        }

        try
        {
            var answer = await table.SubmitTransactionAsync(actions, cancel);
            // Without its ETag the row could not be guarded in the next transaction.
            if (answer.Value[0].Headers.ETag is not { } etag) return null;
            return (further with { ETag = etag }, [.. jobs.Select((job, place) => job with { ETag = ETagOf(place) })]);

            ETag ETagOf(int place) => answer.Value[FirstJob + (2 * place)].Headers.ETag ?? default;
        }
        catch (TableTransactionFailedException e) when (e.Status is 404 or 409 or 412)
        {
            // Another delivery of the file is at it. If it was this one, and the answer was lost, the sweeper goes on.
            return null;
        }
    }
}
