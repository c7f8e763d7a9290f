using Azure;
using Azure.Data.Tables;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Ends an open manifest for good, and tells of it. The content of one that was canceled may be sent again.</summary>
public sealed class EndManifest(Ledger ledger, DeliveryMessages messages)
{
    /// <returns>Whether it is ended; not if somebody else changed it since it was read.</returns>
    public async Task<bool> Run(Manifest ended, CancellationToken cancel)
    {
        var decision = new Decision.Accept([], [.. Rows(ended)]) { Events = [ManifestEvent.Of(ended)] };
        switch (await ledger.Commit(ended.Account, _ => decision, cancel))
        {
            case CommitResult.Committed committed:
                await messages.Announce(committed.Deliveries);
                return true;
            case CommitResult.RowConflict:
                return false;
            case var other:
                throw new InvalidOperationException($"Manifest {ended.Id} cannot be ended: {other}.");
        }
    }

    private static IEnumerable<TableTransactionAction> Rows(Manifest ended)
    {
        yield return ManifestTable.Change(ended);
        yield return OpenHold.Delete(ended.Account, ended.Id.Value);
        if (ended is not { State: ManifestState.Canceled, HeldBy: not null }) yield break;
        var content = new TableEntity(ended.Account.Value, LedgerKeys.ManifestContent(ended.Sha256)) { ETag = ETag.All };
        yield return new(TableTransactionActionType.Delete, content, ETag.All);
    }
}
