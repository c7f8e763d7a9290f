using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Finds files whose event never came, and makes manifests of them.</summary>
public sealed partial class RegisterMissedFiles(
    ListFiles files, RegisterManifest register, TableServiceClient tables, TimeProvider time, ILogger<RegisterMissedFiles> logger)
{
    /// <summary>An event comes within seconds; a younger file is left to it.</summary>
    private static readonly TimeSpan EventMax = TimeSpan.FromMinutes(1);

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>One list of the container, and one query for each account that has files there.</summary>
    /// <param name="accounts">All there are.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>How many manifests were made.</returns>
    public async Task<int> Run(IReadOnlySet<AccountId> accounts, CancellationToken cancel)
    {
        var before = time.GetUtcNow() - EventMax;
        var registered = 0;
        await foreach (var (owner, all) in files.ByOwner(cancel))
        {
            if (!AccountId.TryParse(owner, out var account) || !accounts.Contains(account)) continue;
            var known = await Known(account, cancel);
            foreach (var file in all.Where(file => file.DroppedAt < before && !known.Contains(ManifestId.Of(file).RowKey)))
            {
                // A crash in here leaves files for the next listing.
                await register.Run(account, file, cancel);
                registered++;
                Log.Missed(logger, account.Value, file.Blob);
            }
        }

        return registered;
    }

    private async Task<HashSet<string>> Known(AccountId account, CancellationToken cancel)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        var filter = LedgerKeys.Filter(account.Value, LedgerKeys.Manifest(""));
        var rows = table.QueryAsync<TableEntity>(filter, select: ["RowKey"], cancellationToken: cancel);
        await foreach (var row in rows) known.Add(row.RowKey);
        return known;
    }

    private static partial class Log
    {
        [LoggerMessage(39, LogLevel.Warning, "{Account}: no event came of {Blob}; its manifest was made by listing the container.")]
        public static partial void Missed(ILogger logger, string account, string blob);
    }
}
