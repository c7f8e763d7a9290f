using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Storage;

namespace Pipeline.Audit;

/// <summary>
/// Each entry that moves credits for a job, a manifest or an operator is claimed by exactly one row, and each row claims only what there
/// is: so no hold is settled twice, and no credit is captured for a job that was not there.
/// </summary>
internal sealed class Claims(TableClient table, AccountId account, WalkEntries walk)
{
    private readonly Tally tally = new();
    private readonly List<string> faults = [];

    /// <summary>Holds that corrections freed, once each, in however many parts they were; there are few.</summary>
    private readonly HashSet<Claim> freed = [];

    /// <summary>Only entries after this one are looked at; 0 for all.</summary>
    public long After { get; init; }

    /// <summary>And none after this one.</summary>
    public long UpTo { get; init; }

    /// <summary>What an entry says it is for.</summary>
    public async Task Add(Entry entry, CancellationToken cancel)
    {
        if (Claim.On(entry) is { } claim) tally.Add(claim.Text);
        // A hold that was freed by a correction has no job that could claim it.
        if (await Freed(entry, cancel) is { } hold && freed.Add(hold)) tally.Take(hold.Text);
    }

    /// <summary>Reads all rows that may claim an entry.</summary>
    /// <param name="meetJob">Is handed each job.</param>
    /// <param name="meetManifest">Is handed each manifest.</param>
    /// <param name="columns">Of jobs' rows; null for all.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task Read(
        Action<AuditedJob, TableEntity> meetJob, Action<Manifest> meetManifest, string[]? columns, CancellationToken cancel)
    {
        await foreach (var (claim, row) in Rows(columns, faults, meetJob, meetManifest, cancel))
        {
            if (claim is { } said && IsInRange(said)) tally.Take(said.Text);
        }
    }

    public Check RowsCheck() => Check.Of("jobs_sound", "the credits and images of each job fit together", faults);

    /// <summary>After all was added and read. Only if something is odd, both sides are looked at once more to name it.</summary>
    public async Task<Check> Compare(CancellationToken cancel)
    {
        const string Name = "entries_claimed";
        if (tally.IsEven)
            return new Check(Name, true, "each entry is claimed by one job, manifest or reference, and each of these has its entries");

        var odd = new Dictionary<Claim, int>();
        await foreach (var entry in walk.Again(After + 1, UpTo, cancel))
        {
            if (Claim.On(entry) is { } claim) Count(odd, claim, 1);
        }

        foreach (var hold in freed) Count(odd, hold, -1);

        await foreach (var (claim, _) in Rows(AuditedJob.Columns, [], (_, _) => { }, _ => { }, cancel))
        {
            if (claim is { } said && IsInRange(said)) Count(odd, said, -1);
        }

        var found = odd.Where(pair => pair.Value != 0).OrderBy(pair => pair.Key.Version).ToList();
        // It moved between the two looks: at the second one, both sides say the same.
        if (found.Count == 0) return new Check(Name, true, "each entry is claimed by one row, at a second look");
        var faults = found.Select(pair => $"{pair.Key.Text}: {(pair.Value > 0 ? "claimed by no row" : "claimed, and not so")}");
        return Check.Of(Name, "", [.. faults]) with { Entry = found[0].Key.Version };
    }

    private void Count(Dictionary<Claim, int> odd, Claim claim, int sign)
    {
        if (tally.IsOdd(claim.Text)) odd[claim] = odd.GetValueOrDefault(claim) + sign;
    }

    private bool IsInRange(Claim claim) => claim.Version > After && claim.Version <= UpTo;

    private async Task<Claim?> Freed(Entry entry, CancellationToken cancel) =>
        entry.Transfer is { Kind: TransferKind.Correct, From: Bucket.Held, Corrects: { } hold }
        && await walk.Read(hold, cancel) is { Transfer.Kind: TransferKind.Hold } held && Claim.On(held) is { } claim && IsInRange(claim)
            ? claim
            : null;

    private async IAsyncEnumerable<(Claim? Claim, TableEntity Row)> Rows(
        string[]? columns, List<string> damaged, Action<AuditedJob, TableEntity> meetJob, Action<Manifest> meetManifest,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var returned = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var row in Query(LedgerKeys.Filter(account.Value, LedgerKeys.Job("")) + SinceThen(), columns, cancel))
        {
            var job = Try(row, damaged, AuditedJob.From);
            if (job is null) continue;
            if (job.Fault() is { } fault) damaged.Add(fault);
            meetJob(job, row);
            if (job.ReturnedByManifest > 0) returned[job.Manifest!] = returned.GetValueOrDefault(job.Manifest!) + job.ReturnedByManifest;
            foreach (var claim in job.Claims()) yield return (claim, row);
        }

        await foreach (var row in Query(LedgerKeys.Filter(account.Value, LedgerKeys.Manifest("")), null, cancel))
        {
            var manifest = Try(row, damaged, Manifest.FromRow);
            if (manifest is null) continue;
            meetManifest(manifest);
            // Those that were never made, and those that are yet to be ended, have no row that says so.
            if (returned.Remove(manifest.Id.Value, out var sum) && sum > manifest.Returned)
                damaged.Add($"{manifest.Id} gave back {manifest.Returned} credits, and its jobs say {sum}");
            if (manifest.HeldBy is { } heldBy) yield return (Claim.Hold(heldBy, manifest.Id.Value, manifest.Price), row);
            if (manifest.SettledBy is { } by) yield return (Claim.Release(by, manifest.Id.Value, manifest.Returned), row);
        }

        damaged.AddRange(returned.Keys.Select(manifest => $"{manifest} is not there, and its jobs say that it gave their credits back"));
        await foreach (var row in Query(LedgerKeys.AllMoves(account.Value), null, cancel))
            yield return (Claim.Move(row.IfLong("Entry") ?? 0, row.RowKey), row);
    }

    /// <summary>Of jobs that were settled by the checkpoint nothing is claimed after it.</summary>
    private string SinceThen() => After == 0 ? "" : " and " + TableClient.CreateQueryFilter(
        $"(HeldBy gt {After} or SettledBy gt {After} or Status eq {nameof(JobStatus.Queued)} or Status eq {nameof(JobStatus.Running)})");

    private AsyncPageable<TableEntity> Query(string filter, string[]? columns, CancellationToken cancel) =>
        table.QueryAsync<TableEntity>(filter, select: columns, cancellationToken: cancel);

    /// <returns>What the row says, or null with a fault noted if it cannot be read.</returns>
    private static T? Try<T>(TableEntity row, List<string> damaged, Func<TableEntity, T> read)
        where T : class
    {
        try
        {
            return read(row);
        }
        catch (Exception e) when (RowValues.IsDamage(e))
        {
            damaged.Add($"{row.RowKey} is damaged: {e.Message}");
            return null;
        }
    }
}
