using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Storage;

namespace Pipeline.Audit;

/// <summary>An account's open holds beside its open jobs and manifests; in memory are only those that are open.</summary>
internal sealed class OpenHolds(TableClient table, AccountId account)
{
    /// <summary>Tries to read all while nothing changes; an account that never rests is told so.</summary>
    private const int QuietTriesMax = 5;

    /// <summary>Looks at one job or manifest that moved while it was looked at.</summary>
    private const int LooksMax = 5;

    /// <summary>The sweeper looks at a hold after an hour at most, or after a message's longest delay.</summary>
    private static readonly TimeSpan DueMax = TimeSpan.FromDays(8);

    private static readonly string[] Columns = ["PartitionKey", "RowKey", "Held", "Due", "Left"];

    private readonly Dictionary<string, long> open = new(StringComparer.Ordinal);
    private readonly HashSet<string> suspects = new(StringComparer.Ordinal);
    private readonly List<string> faults = [];

    /// <summary>How many of its jobs each open manifest had sent before any job was met.</summary>
    private readonly Dictionary<string, int> sent = new(StringComparer.Ordinal);

    /// <summary>What an open job says it is held for.</summary>
    public void Meet(AuditedJob job)
    {
        if (job.IsTerminal || (!open.ContainsKey(job.Id.Value) && IsUnsent(job))) return;
        if (!open.Remove(job.Id.Value, out var held) || held != job.Held) suspects.Add(job.Id.Value);
    }

    public void Meet(Manifest manifest)
    {
        if (manifest.IsOpen && (!open.Remove(manifest.Id.Value, out var held) || held != manifest.Held)) suspects.Add(manifest.Id.Value);
    }

    public bool IsOpen(string reference) => open.ContainsKey(reference) || suspects.Contains(reference);

    /// <summary>Reads all open holds, before any job is met.</summary>
    public async Task<Check> Read(DateTimeOffset now, CancellationToken cancel)
    {
        for (var tries = 0; tries < QuietTriesMax; tries++)
        {
            open.Clear();
            faults.Clear();
            var before = await State(cancel);
            await foreach (var row in Rows(LedgerKeys.AllOpen(account.Value), cancel)) Add(row, now);
            var after = await State(cancel);
            if (before.Said != after.Said) continue;
            foreach (var reference in open.Keys) await NoteSent(reference, cancel);

            var (sum, held) = (open.Values.Sum(), after.Held);
            return sum == held
                ? new Check("open_holds", true, $"{open.Count} open holds of {sum} credits, as many as the account says are held")
                : new Check("open_holds", false, $"{open.Count} open holds of {sum} credits, but the account says {held} are held");
        }

        return Check.NotMade("open_holds", $"the account changed during each of {QuietTriesMax} readings; ask again when it rests");
    }

    /// <summary>After all jobs and manifests were met: what is held for none, and what is open and holds nothing.</summary>
    public async Task<Check> Compare(CancellationToken cancel)
    {
        foreach (var reference in open.Keys.Concat(suspects).ToList())
        {
            if (await FaultOf(reference, cancel) is { } fault) faults.Add(fault);
        }

        return Check.Of("open_jobs", "each open hold is of an open job or manifest, and each of these has its hold", faults);
    }

    private void Add(TableEntity row, DateTimeOffset now)
    {
        try
        {
            var hold = OpenHold.FromRow(row);
            open[hold.Reference] = hold.Held;
            // A manifest's hold goes over to its jobs as they are sent, in the end wholly.
            if (hold.Held < (ManifestId.TryParse(hold.Reference, out _) ? 0 : 1)) faults.Add($"{hold.Reference} holds {hold.Held} credits");
            if (hold.Due > now + DueMax || hold.Left < 0) faults.Add($"{hold.Reference} will not be looked at before {hold.Due:O}");
        }
        catch (Exception e) when (RowValues.IsDamage(e))
        {
            faults.Add(e.Message);
        }
    }

    /// <summary>Jobs are taken out of a manifest's hold without an entry, so the rows of manifests tell that nothing moved, too.</summary>
    private async Task<(string Said, long Held)> State(CancellationToken cancel)
    {
        var row = await AccountRow.Read(table, account, cancel);
        var said = new List<string> { row?.ETag.ToString() ?? "" };
        await foreach (var manifest in Rows(LedgerKeys.Filter(account.Value, LedgerKeys.Open(ManifestId.Start)), cancel))
            said.Add($"{manifest.RowKey} {manifest.ETag}");
        return (string.Join('\n', said), row?.Books.Balance.Held ?? 0);
    }

    /// <summary>Looks at one reference by itself: most that differ only moved between two readings.</summary>
    private async Task<string?> FaultOf(string reference, CancellationToken cancel)
    {
        string? fault = null;
        for (var looks = 0; looks < LooksMax; looks++)
        {
            if (await HeldFor(reference, cancel) is not { } before) return null;
            var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, LedgerKeys.Open(reference), cancellationToken: cancel);
            var held = row.HasValue ? row.Value!.IfLong("Held") ?? 0 : 0;
            if (await HeldFor(reference, cancel) is not { } after) return null;
            fault = held == after.Held ? null
                : after.Held == 0 ? $"{held} credits are held for {reference}, which is not open"
                : $"{reference} is open with {after.Held} credits, and {held} are held for it";
            if (fault is null || before == after) return fault;
        }

        return fault;
    }

    /// <returns>What it should hold now, and a mark of its row; null if its row cannot be read, which is said of it already.</returns>
    private async Task<(string Said, long Held)?> HeldFor(string reference, CancellationToken cancel)
    {
        try
        {
            return await ReadHeldFor(reference, cancel);
        }
        catch (Exception e) when (RowValues.IsDamage(e))
        {
            return null;
        }
    }

    private async Task<(string Said, long Held)> ReadHeldFor(string reference, CancellationToken cancel)
    {
        if (JobId.TryParse(reference, out var job))
        {
            if (await Find(job.RowKey, cancel) is not { } row) return ("", 0);
            var found = AuditedJob.From(row);
            if (found.IsTerminal) return (row.ETag.ToString(), 0);
            // Until it is sent, its credits are among its manifest's.
            var its = found.Manifest is null ? null : await FindManifest(found.Manifest, cancel);
            return ($"{row.ETag} {its?.ETag}", its is not null && job.Place >= its.Progress.Sent ? 0 : found.Held);
        }

        return await FindManifest(reference, cancel) is { } manifest ? (manifest.ETag.ToString(), manifest.Held) : ("", 0);
    }

    private async Task NoteSent(string reference, CancellationToken cancel)
    {
        try
        {
            if (await FindManifest(reference, cancel) is { } manifest) sent[reference] = manifest.Progress.Sent;
        }
        catch (Exception e) when (RowValues.IsDamage(e))
        {
            // Whoever reads all manifests says so; its jobs are then looked at one by one.
        }
    }

    private bool IsUnsent(AuditedJob job) =>
        job.Manifest is not null && sent.TryGetValue(job.Manifest, out var first) && job.Id.Place >= first;

    /// <summary>The manifest of this id, or null if there is none or it is no manifest's.</summary>
    private async Task<Manifest?> FindManifest(string reference, CancellationToken cancel) =>
        ManifestId.TryParse(reference, out var id) && await Find(id.RowKey, cancel) is { } row ? Manifest.FromRow(row) : null;

    private async Task<TableEntity?> Find(string rowKey, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, rowKey, cancellationToken: cancel);
        return row.HasValue ? row.Value : null;
    }

    private AsyncPageable<TableEntity> Rows(string filter, CancellationToken cancel) =>
        table.QueryAsync<TableEntity>(filter, select: Columns, cancellationToken: cancel);
}
