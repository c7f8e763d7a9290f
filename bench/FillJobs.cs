using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Storage;

namespace Pipeline.Bench;

/// <summary>What is in storage, as the requests need it.</summary>
internal sealed record Filled(JobId OneJob, string Manifest, DateTimeOffset Middle);

/// <summary>
/// Writes finished jobs straight into the table, as rows that the app itself makes, with a hold and a capture for each: what the
/// account's partition holds after so many jobs. One in ten failed, one in four is 4K, one in ten came with a manifest.
/// </summary>
internal static class FillJobs
{
    private const int JobsPerTransaction = 30;

    public static async Task<Filled> Run(string storage, AccountId account, int count, CancellationToken cancel)
    {
        var table = new TableServiceClient(storage).GetTableClient(StorageNames.LedgerTable);
        var catalogue = Catalogue.Load();
        var begin = DateTimeOffset.UtcNow - TimeSpan.FromDays(7);
        var manifest = ManifestId.Of(new ManifestFile($"{account}/autumn.json", new ETag("0x1"), begin, 1));
        var jobs = Enumerable.Range(0, count)
            .Select(n => Finished(account, n, begin + TimeSpan.FromMinutes(n), manifest.Value, catalogue)).ToList();

        var version = 0L;
        foreach (var some in jobs.Chunk(JobsPerTransaction))
        {
            var entries = some.SelectMany(job => (TransferKind[])[TransferKind.Hold, TransferKind.Capture], (job, kind) => (job, kind));
            var rows = some.Select(JobRow.Whole).Concat(entries.Select(entry => EntryOf(entry.job, entry.kind, ++version)));
            await table.SubmitTransactionAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)), cancel);
        }

        return new Filled(jobs[count / 2].Id, manifest.Value, jobs[count / 2].CreatedAt);
    }

    private static Job Finished(AccountId account, int n, DateTimeOffset createdAt, string manifest, Catalogue catalogue)
    {
        var request = new JobRequest
        {
            Prompt = $"A postcard of town number {n}, seen from its harbour in the evening, with boats, gulls and one red lamp",
            Model = catalogue.Models[n % 4],
            Num = 2,
            Metadata = new Dictionary<string, string> { ["town"] = $"{n}" },
        };
        var id = JobId.New(createdAt);
        var failed = n % 10 == 3;
        var job = NewJob.From(account, id, request, n % 10 == 7 ? manifest : null, createdAt);
        return job with
        {
            Status = failed ? JobStatus.Failed : JobStatus.Succeeded,
            StartedAt = createdAt,
            FinishedAt = createdAt + TimeSpan.FromSeconds(8),
            Attempts = 1,
            Images = failed ? [] : [Image(job, 0), Image(job, 1)],
            Error = failed ? new JobError("content_rejected", "The image API will not make this picture.") : null,
            Credits = new JobCredits(0, failed ? 0 : job.Credits.Held, failed ? job.Credits.Held : 0),
        };
    }

    private static StoredImage Image(Job job, int index) =>
        new(index, $"{job.Folder}{index}.png", "image/png", 1_500_000, 1024, 1024, new string('0', 64));

    private static TableEntity EntryOf(Job job, TransferKind kind, long version) =>
        new Entry(
            new Transfer(kind, 8, job.Id.Value),
            Books.Empty with { Balance = new Balance(8, 0, 8, 0, version), RecordedAt = job.CreatedAt }, job.CreatedAt, "bench")
            .ToRow(job.Account);
}
