using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Reads manifests, and changes what no credits depend on. What moves credits goes through the ledger.</summary>
public sealed class ManifestTable(TableServiceClient tables)
{
    /// <summary>How many jobs are changed with their manifest: 100 rows go in a transaction, two are the manifest and its hold.</summary>
    public const int JobsPerTransaction = 98;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>The account's manifest with this id, or null.</summary>
    public async Task<Manifest?> Find(AccountId account, ManifestId id, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, id.RowKey, cancellationToken: cancel);
        return row.HasValue ? Manifest.FromRow(row.Value!) : null;
    }

    /// <summary>The manifest that a file's content became, or null.</summary>
    public async Task<string?> FindByContent(AccountId account, string sha256, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(
            account.Value, LedgerKeys.ManifestContent(sha256), cancellationToken: cancel);
        return row.HasValue ? row.Value!.GetString("Manifest") : null;
    }

    /// <summary>The manifest that last ran under a name, with the ETag of that note; null if none did.</summary>
    public async Task<(string Manifest, ETag ETag)?> FindByName(AccountId account, string name, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, LedgerKeys.ManifestName(name), cancellationToken: cancel);
        return row.HasValue ? (row.Value!.Required("Manifest", row.Value!.GetString), row.Value!.ETag) : null;
    }

    /// <summary>Adds a new manifest, with the row that makes the sweeper look at it.</summary>
    /// <returns>Whether it was added; not if it is there already.</returns>
    public Task<bool> TryAdd(Manifest manifest, DateTimeOffset due, CancellationToken cancel) => Try(
        [
            new(TableTransactionActionType.Add, manifest.ToRow()),
            new(TableTransactionActionType.Add, OpenHold.New(manifest.Account, manifest.Id.Value, 0, due).ToRow()),
        ],
        cancel);

    /// <summary>Writes the manifest, and other rows with it, if nobody else changed it since it was read.</summary>
    /// <returns>The manifest with its new ETag and those of the rows; null if somebody was faster, and then nothing is written.</returns>
    public async Task<(Manifest Manifest, IReadOnlyList<ETag> Rows)?> TryChange(
        Manifest manifest, IEnumerable<TableTransactionAction> rows, CancellationToken cancel)
    {
        try
        {
            var answer = await table.SubmitTransactionAsync([Change(manifest), .. rows], cancel);
            var etags = answer.Value.Select(response => response.Headers.ETag ?? default).ToList();
            // Without its ETag the row could not be guarded the next time.
            return etags[0] == default ? null : (manifest with { ETag = etags[0] }, etags[1..]);
        }
        catch (TableTransactionFailedException e) when (e.Status is 404 or 409 or 412)
        {
            // Somebody else takes it on. If it was this very transaction, and its answer was lost, the sweeper does.
            return null;
        }
    }

    /// <summary>Notes that the caller wants its end.</summary>
    /// <returns>Whether it is written; not if somebody else changed it since it was read.</returns>
    public Task<bool> TryRequestCancel(Manifest manifest, CancellationToken cancel)
    {
        var row = new TableEntity(manifest.Account.Value, manifest.Id.RowKey) { ["CancelRequested"] = true };
        return Try([new(TableTransactionActionType.UpdateMerge, row, manifest.ETag)], cancel);
    }

    /// <summary>Merged, so that a caller's wish to cancel, which <see cref="Manifest.ToRow"/> does not have, stays.</summary>
    public static TableTransactionAction Change(Manifest manifest) =>
        new(TableTransactionActionType.UpdateMerge, manifest.ToRow(), manifest.ETag);

    /// <summary>The manifest's own hold as it is after a change; it is there already.</summary>
    public static TableTransactionAction Hold(Manifest manifest, DateTimeOffset due) => new(
        TableTransactionActionType.UpdateReplace, OpenHold.New(manifest.Account, manifest.Id.Value, manifest.Held, due).ToRow(), ETag.All);

    private async Task<bool> Try(IEnumerable<TableTransactionAction> actions, CancellationToken cancel)
    {
        try
        {
            await table.SubmitTransactionAsync(actions, cancel);
            return true;
        }
        catch (TableTransactionFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return false;
        }
    }
}
