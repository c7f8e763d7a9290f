using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Storage;

namespace Pipeline.Webhooks;

/// <summary>The deliveries of all accounts, pending and done, and the events that they are of.</summary>
public sealed class DeliveryTable(TableServiceClient tables)
{
    /// <summary>Writes of one change: each but the first only because its look was put off in that very moment.</summary>
    private const int TriesMax = 5;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    public async Task<Delivery?> Find(AccountId account, DeliveryId id, bool pending, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, id.RowKey(pending), cancellationToken: cancel);
        // By its number another event's could be found.
        return row.HasValue && Delivery.FromRow(row.Value!) is { } delivery && delivery.Id == id ? delivery : null;
    }

    /// <summary>A delivery, whether it is pending or done.</summary>
    public async Task<Delivery?> Find(AccountId account, DeliveryId id, CancellationToken cancel) =>
        await Find(account, id, pending: true, cancel) ?? await Find(account, id, pending: false, cancel);

    /// <summary>The event with this id; null if it is none of the account's, or not kept any more.</summary>
    public async Task<Event?> FindEvent(AccountId account, EventId id, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(
            account.Value, LedgerKeys.Event(id.Number), cancellationToken: cancel);
        return row.HasValue && Event.FromRow(row.Value!) is { } found && found.Id == id ? found : null;
    }

    /// <summary>Writes what became of a pending delivery, if nobody else did since it was read.</summary>
    /// <param name="from">As it was read.</param>
    /// <param name="to">As it shall be; if it is not pending any more, it leaves the outbox.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Whether it is written; if not, somebody else takes it on.</returns>
    public async Task<bool> TryChange(Delivery from, Delivery to, CancellationToken cancel)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            try
            {
                await table.SubmitTransactionAsync(Change(from, to), cancel);
                return true;
            }
            catch (TableTransactionFailedException e) when (e.Status is 404 or 412)
            {
                if (await Find(from.Account, from.Id, pending: true, cancel) is not { } found || found.Turn != from.Turn) return false;
                from = found;
            }
        }

        throw new StorageBusyException($"Delivery {from.Id}", TriesMax);
    }

    /// <summary>What puts a delivery that is done back into the outbox, as long as nobody else did.</summary>
    public static IEnumerable<TableTransactionAction> Reopen(Delivery done, Delivery pending)
    {
        yield return new(TableTransactionActionType.Delete, done.ToRow(), done.ETag);
        yield return new(TableTransactionActionType.Add, pending.ToRow());
    }

    /// <returns>Whether all of it is written; not if a row was changed, or is there already.</returns>
    public async Task<bool> TryWrite(IEnumerable<TableTransactionAction> rows, CancellationToken cancel)
    {
        try
        {
            await table.SubmitTransactionAsync(rows, cancel);
            return true;
        }
        catch (TableTransactionFailedException e) when (e.Status is 404 or 409 or 412)
        {
            return false;
        }
    }

    private static List<TableTransactionAction> Change(Delivery from, Delivery to) => to.State == DeliveryState.Pending
        ? [new(TableTransactionActionType.UpdateReplace, to.ToRow(), from.ETag)]
        :
        [
            new(TableTransactionActionType.Delete, from.ToRow(), from.ETag),
            new(TableTransactionActionType.UpsertReplace, to.ToRow()),
        ];
}
