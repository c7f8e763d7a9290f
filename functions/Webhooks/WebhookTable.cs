using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Webhooks;

/// <summary>The endpoints and secrets of all accounts.</summary>
public sealed class WebhookTable(TableServiceClient tables, TimeProvider time)
{
    /// <summary>Each try but the last met a change of that very moment; an account has one endpoint, and few hands at it.</summary>
    private const int TriesMax = 10;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    public async Task<Webhook?> Find(AccountId account, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, LedgerKeys.Webhook, cancellationToken: cancel);
        return row.HasValue ? Webhook.FromRow(row.Value!) : null;
    }

    /// <summary>What the account has; its first secret is made if it has none. Whoever needs to know it rotates it.</summary>
    public async Task<Webhook> FindOrMake(AccountId account, CancellationToken cancel)
    {
        if (await Find(account, cancel) is { } found) return found;
        try
        {
            var made = new Webhook { Account = account, Secrets = WebhookSecrets.Of(WebhookSecret.New()), UpdatedAt = time.GetUtcNow() };
            await table.AddEntityAsync(made.ToRow(), cancel);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            // Another delivery was faster, or the answer to this was lost: there is one.
        }

        return Webhook.FromRow(await table.GetEntityAsync<TableEntity>(account.Value, LedgerKeys.Webhook, cancellationToken: cancel));
    }

    /// <summary>Changes what the account has, and with it which events are written to its outbox, in one transaction.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="change">From what there is, or null, to what there shall be; null for no change. May be called again.</param>
    /// <param name="cancel">Gives up before it is written.</param>
    /// <returns>What there was and what there is; both are the same if nothing was changed.</returns>
    public async Task<(Webhook? Before, Webhook? After)> Change(
        AccountId account, Func<Webhook?, Webhook?> change, CancellationToken cancel)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            var before = await Find(account, cancel);
            if (change(before) is not { } after) return (before, before);
            try
            {
                await table.SubmitTransactionAsync(
                    [
                        new(TableTransactionActionType.UpdateMerge, AccountRow.Wanting(account, after.Wanted), ETag.All),
                        before is null
                            ? new(TableTransactionActionType.Add, after.ToRow())
                            : new(TableTransactionActionType.UpdateReplace, after.ToRow(), before.ETag),
                    ],
                    cancel);
                return (before, after);
            }
            catch (TableTransactionFailedException e) when (e.Status is 409 or 412)
            {
                // Somebody else changed it, or this was written and its answer lost. Either way what there is now counts.
            }
        }

        throw new StorageBusyException($"The webhook of account {account}", TriesMax);
    }

    /// <summary>Writes what deliveries found out about an endpoint, if nobody changed it since it was read.</summary>
    public async Task TryNote(Webhook webhook, CancellationToken cancel)
    {
        try
        {
            await table.UpdateEntityAsync(webhook.ToRow(), webhook.ETag, TableUpdateMode.Replace, cancel);
        }
        catch (RequestFailedException e) when (e.Status is 404 or 412)
        {
            // The next delivery finds it out again.
        }
    }
}
