using System.Text.Json;
using Azure.Data.Tables;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;
using Pipeline.Telemetry;

namespace Pipeline.Manifests;

/// <summary>Makes the jobs of an accepted manifest from its plan, many in one transaction.</summary>
public sealed class CreateJobs(ManifestTable manifests, ManifestBlobs blobs, ResolveImages resolve, Catalogue catalogue)
{
    /// <summary>Transactions in one turn: after so many, what is done is collected and what is made is sent.</summary>
    private const int TransactionsPerTurn = 10;

    /// <summary>Goes on from the first job that does not exist yet. Two at once do no harm: one of them stops.</summary>
    /// <returns>The manifest as it is then; null if somebody else changed it.</returns>
    /// <exception cref="FormatException">Its plan is gone or damaged.</exception>
    public async Task<Manifest?> Run(Manifest manifest, CancellationToken cancel)
    {
        if (manifest.Progress.Created == manifest.Total) return manifest;
        await using var plan = await blobs.Read(ManifestBlobs.Plan(manifest), manifest.Progress.PlanRead, cancel)
            ?? throw new FormatException($"The plan of manifest {manifest.Id} is gone: cancel it, to have its credits back.");

        var batch = new Batch(manifest);
        var transactions = 0;
        await foreach (var line in Lines.Of(plan, leaveOpen: true, cancel))
        {
            var job = await Job(manifest, batch.NextPlace, line, cancel);
            var row = JobRow.Whole(job);
            if (!batch.HasRoom(row))
            {
                if (await Write(batch, cancel) is not { } further) return null;
                manifest = further;
                batch = new Batch(manifest);
                if (++transactions == TransactionsPerTurn) return manifest;
            }

            batch.Add(job, row, line.Length + 1);
            if (batch.IsLast) return await Write(batch, cancel);
        }

        throw new FormatException($"The plan of manifest {manifest.Id} ends before its {manifest.Total} jobs: cancel it.");
    }

    /// <summary>A crash before this leaves stored images that no job names; the same images find them.</summary>
    private async Task<Manifest?> Write(Batch batch, CancellationToken cancel)
    {
        if (await manifests.TryChange(batch.Further, batch.Rows, cancel) is not var (written, _)) return null;
        foreach (var (tier, count) in batch.Jobs.CountBy(job => job.Request.Model.Tier))
            Meters.Jobs(Json.Name(JobStatus.Queued), tier, count);
        return written;
    }

    /// <summary>With stored references instead of the images themselves, and with its conversation.</summary>
    private async Task<Job> Job(Manifest manifest, int place, ReadOnlyMemory<byte> line, CancellationToken cancel)
    {
        var planned = JsonSerializer.Deserialize<PlannedJob>(line.Span, Json.Options)!;
        var request = ReadJobRequest.From(planned.Job, "", catalogue, out var errors)
            ?? throw new FormatException($"Line {place} of the plan of manifest {manifest.Id} is no job any more: {errors[0].Detail}");
        var images = await resolve.ForManifest(manifest.Account, request, cancel);
        var job = NewJob.From(manifest.Account, manifest.Job(place), images.Request, manifest.Id.Value, manifest.CreatedAt);
        return job with
        {
            InFile = new FilePlace(planned.Line, planned.Index),
            Parent = images.Parent,
            Conversation = images.Conversation,
            // As it was held, whatever the catalogue says since.
            Credits = new JobCredits(planned.Credits, Captured: 0, Released: 0),
        };
    }

    /// <summary>The next transaction.</summary>
    private sealed class Batch(Manifest manifest)
    {
        private readonly List<Job> jobs = [];
        private readonly List<TableTransactionAction> rows = [];
        private int size = RowSize.Of(manifest.ToRow());
        private long planBytes;

        public IReadOnlyList<Job> Jobs => jobs;

        public IReadOnlyList<TableTransactionAction> Rows => rows;

        public int NextPlace => manifest.Progress.Created + rows.Count;

        public bool IsLast => NextPlace == manifest.Total;

        public Manifest Further => manifest with
        {
            Progress = manifest.Progress with { Created = NextPlace, PlanRead = manifest.Progress.PlanRead + planBytes },
        };

        public bool HasRoom(TableEntity row) =>
            rows.Count < ManifestTable.JobsPerTransaction && (rows.Count == 0 || size + RowSize.Of(row) <= RowSize.TransactionMax);

        public void Add(Job job, TableEntity row, int planLength)
        {
            jobs.Add(job);
            rows.Add(new(TableTransactionActionType.Add, row));
            size += RowSize.Of(row);
            planBytes += planLength;
        }
    }
}
