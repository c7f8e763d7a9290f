using Azure.Data.Tables;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Goes on with a manifest whose jobs were not all made, or gives the rest of its credits back if its file is gone.</summary>
public sealed class ResumeManifest(
    ManifestFiles files, TableServiceClient tables, Ledger ledger, CreateJobs create, Catalogue catalogue, Presets presets,
    JobOptions options, TimeProvider time)
{
    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>Looks at the manifest of a hold that is due.</summary>
    /// <returns>The hold with when to look again, or null if there is no such manifest and its hold should not be there.</returns>
    public async Task<(bool Resumed, OpenHold Next)?> Look(OpenHold hold, ManifestId id, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(hold.Account.Value, id.RowKey, cancellationToken: cancel);
        if (!row.HasValue) return null;

        var manifest = Manifest.FromRow(row.Value!);
        var file = await files.Read(manifest.Blob, cancel);
        var saved = await presets.All(manifest.Account, cancel);
        var plan = file is not null && file.Sha256 == manifest.Sha256
            ? ReadManifest.From(file.Content, catalogue, saved)
            : null;
        if (plan is null || !manifest.Fits(plan)) await GiveBack(hold, manifest, cancel);
        else await create.Run(manifest, plan, cancel);
        return (true, hold with { Due = time.GetUtcNow() + options.ResendAfter });
    }

    private async Task GiveBack(OpenHold hold, Manifest manifest, CancellationToken cancel)
    {
        var canceled = manifest with { State = ManifestState.Canceled, Returned = hold.Held };
        await ledger.Commit(
            hold.Account,
            books => new Decision.Accept(
                [new Transfer(TransferKind.Release, hold.Held, manifest.Id.Value) { Jobs = manifest.Created - manifest.Total }],
                [
                    new(
                        TableTransactionActionType.UpdateMerge,
                        (canceled with { SettledBy = books.Balance.Version + 1 }).ToRow(), manifest.ETag),
                    new(TableTransactionActionType.Delete, hold.ToRow(), hold.ETag),
                ]),
            cancel);
    }
}
