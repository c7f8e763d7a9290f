using System.Diagnostics;
using System.Security.Cryptography;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>
/// What must be so of an account at rest, whatever went wrong before: looked up in its real rows and blobs, past any fault of the network.
/// </summary>
/// <remarks>
/// Each accepted job has one row, which is terminal and holds nothing; its hold was settled once; it paid for the images that are stored,
/// and each of those is there with its length and hash; no other image is; nothing is open; its end is told in one event; and
/// <c>GET /v1/credits/verify</c> finds that buckets add up, none is negative, and entries follow one another without gaps.
/// </remarks>
internal sealed class Invariants
{
    private static readonly JobRow Rows = new(Catalogue.Load());

    private readonly Account account;
    private readonly TableClient ledger;
    private readonly BlobContainerClient outputs;
    private readonly List<string> faults = [];

    private Invariants(Account account)
    {
        this.account = account;
        ledger = new TableServiceClient(account.App.Storage).GetTableClient(StorageNames.LedgerTable);
        outputs = new BlobServiceClient(account.App.Storage).GetBlobContainerClient(StorageNames.OutputsContainer);
    }

    /// <summary>Fails the test, with all that is not so, unless everything is.</summary>
    /// <param name="account">With all of its jobs done.</param>
    /// <param name="accepted">The ids that callers were given. There may be more jobs, whose answers were lost.</param>
    /// <returns>The account's jobs.</returns>
    public static async Task<IReadOnlyList<Job>> Hold(Account account, params IEnumerable<string> accepted)
    {
        var (jobs, faults) = await Look(account, accepted);
        Assert.That(faults, Is.Empty, () => string.Join(Environment.NewLine, faults));
        await account.BooksAreRight();
        return jobs;
    }

    /// <summary>The account's jobs, and what is not so in its rows and blobs.</summary>
    public static async Task<(IReadOnlyList<Job> Jobs, IReadOnlyList<string> Faults)> Look(
        Account account, params IEnumerable<string> accepted)
    {
        var look = new Invariants(account);
        var jobs = await look.Jobs();
        look.faults.AddRange(accepted.Except(jobs.Select(job => job.Id.Value)).Select(id => $"{id} was accepted and has no row"));
        foreach (var job in jobs) look.IsAtRest(job);
        await look.HoldsAreSettledOnce(jobs);
        await look.ImagesAreThere(jobs);
        await look.EndsAreTold(jobs);
        await foreach (var open in look.RowsOf("open~")) look.faults.Add($"{open.RowKey} is open");
        return (jobs, look.faults);
    }

    /// <summary>Waits until every job of the account is done; asks its rows, not the app, which may not be there.</summary>
    /// <param name="account">Whose jobs.</param>
    /// <param name="limit">Fails the test after it.</param>
    /// <param name="meanwhile">What to do between two looks: perhaps sweep, as the timer does each minute.</param>
    public static async Task AllAreDone(Account account, TimeSpan limit, Func<Task> meanwhile)
    {
        var look = new Invariants(account);
        for (var watch = Stopwatch.StartNew(); ;)
        {
            var open = new List<string>();
            await foreach (var row in look.RowsOf("open~")) open.Add(row.RowKey);
            if (open.Count == 0) return;
            Assert.That(watch.Elapsed, Is.LessThan(limit), () => $"Still open: {string.Join(", ", open)}");
            await meanwhile();
        }
    }

    private async Task<List<Job>> Jobs()
    {
        var jobs = new List<Job>();
        await foreach (var row in RowsOf("job~")) jobs.Add(Rows.Read(row, JobId.OfRow(row.RowKey)));
        return jobs;
    }

    private void IsAtRest(Job job)
    {
        if (!job.IsTerminal) faults.Add($"{job.Id} is {job.Status}");
        if (job.Credits.Held != 0) faults.Add($"{job.Id} holds {job.Credits.Held} credits");
        var paid = job.Images.Count * job.Request.Model.CreditsPerImage;
        if (job.Credits.Captured != paid)
            faults.Add($"{job.Id} paid {job.Credits.Captured} credits for {job.Images.Count} images, which are {paid}");
        if (job.Images.Select(image => image.Index).Distinct().Count() != job.Images.Count)
            faults.Add($"{job.Id} has an image twice");
        if (job.Status == JobStatus.Succeeded && job.Images.Count != job.Request.Num)
            faults.Add($"{job.Id} succeeded with {job.Images.Count} of {job.Request.Num} images");
    }

    private async Task HoldsAreSettledOnce(List<Job> jobs)
    {
        var entries = new List<Entry>();
        await foreach (var row in RowsOf("entry~")) entries.Add(Entry.FromRow(row));
        for (var i = 0; i < entries.Count; i++)
        {
            if (entries[i].Version != i + 1) faults.Add($"Entry {entries[i].Version} is in place {i + 1}");
        }

        var byReference = entries.ToLookup(entry => entry.Transfer.Reference, entry => entry.Transfer);
        foreach (var job in jobs)
        {
            var transfers = byReference[job.Id.Value].ToList();
            var price = job.Request.Num * job.Request.Model.CreditsPerImage;
            Once(TransferKind.Hold, price);
            Once(TransferKind.Capture, job.Credits.Captured);
            Once(TransferKind.Release, job.Credits.Released);

            void Once(TransferKind kind, long amount)
            {
                var found = transfers.Where(transfer => transfer.Kind == kind).Select(transfer => transfer.Amount).ToList();
                long[] expected = amount > 0 ? [amount] : [];
                if (!found.SequenceEqual(expected))
                    faults.Add($"{job.Id}: {kind} of {string.Join(" and ", found)} credits instead of {amount}");
            }
        }
    }

    /// <summary>One event for each end, and none for anything else of a job.</summary>
    private async Task EndsAreTold(List<Job> jobs)
    {
        var told = new List<(string? Job, string Type)>();
        await foreach (var row in RowsOf("event~"))
        {
            var happened = Event.FromRow(row);
            if (happened.Id.Number != told.Count + 1) faults.Add($"Event {happened.Id.Number} is in place {told.Count + 1}");
            told.Add(((string?)happened.Data["id"], happened.Type));
        }

        var ofJobs = told.Where(happened => happened.Type.StartsWith("job.", StringComparison.Ordinal)).ToLookup(
            happened => happened.Job, happened => happened.Type);
        foreach (var job in jobs.Where(job => job.IsTerminal))
        {
            var types = string.Join(" and ", ofJobs[job.Id.Value]);
            if (types != $"job.{Json.Name(job.Status)}") faults.Add($"{job.Id} is {job.Status} and told as '{types}'");
        }
    }

    private async Task ImagesAreThere(List<Job> jobs)
    {
        var blobs = new HashSet<string>();
        await foreach (var blob in outputs.GetBlobsAsync(new GetBlobsOptions { Prefix = $"{account.Id}/" })) blobs.Add(blob.Name);
        foreach (var job in jobs)
        {
            foreach (var image in job.Images)
            {
                if (!blobs.Remove(image.Blob)) faults.Add($"{image.Blob} is not there");
                else if (await FaultOf(image) is { } fault) faults.Add($"{image.Blob} {fault}");
                // What is noted beside an image belongs to it.
                blobs.Remove($"{job.Folder}{image.Index}.json");
            }
        }

        faults.AddRange(blobs.Select(blob => $"{blob} is there and nobody paid for it"));
    }

    private async Task<string?> FaultOf(StoredImage image)
    {
        await using var stream = await outputs.GetBlobClient(image.Blob).OpenReadAsync();
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream));
        return stream.Length != image.Bytes ? $"has {stream.Length} bytes instead of {image.Bytes}"
            : hash != image.Sha256 ? $"has the hash {hash} instead of {image.Sha256}"
            : null;
    }

    private AsyncPageable<TableEntity> RowsOf(string prefix) => ledger.QueryAsync<TableEntity>(LedgerKeys.Filter(account.Id, prefix));
}
