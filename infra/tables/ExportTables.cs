using System.Runtime.CompilerServices;
using Azure;
using Azure.Data.Tables;
using Pipeline.Storage;

namespace Pipeline.CopyTables;

/// <summary>
/// Copies all rows into files, each partition as it was at one moment: an account's rows fit together only if nobody moved its credits
/// meanwhile.
/// </summary>
internal sealed class ExportTables(TableServiceClient tables, TimeProvider time, TextWriter output)
{
    /// <summary>How often a partition is read that changes while it is read.</summary>
    public const int ReadingsMax = 5;

    /// <returns>What there is in the folder now.</returns>
    public async Task<Backup> Run(string folder, CancellationToken cancel)
    {
        Backup.Begin(folder);
        var madeAt = time.GetUtcNow();
        var files = new List<Backup.File>();
        // The books last, so that no account is listed whose books are younger than the copy.
        foreach (var name in StorageNames.Tables.OrderBy(name => name == StorageNames.LedgerTable))
        {
            var table = tables.GetTableClient(name);
            for (var partition = await Next(table, "", cancel); partition is not null; partition = await Next(table, partition, cancel))
                files.Add(await Copy(table, partition, folder, cancel));
        }

        // Import goes by this list: the books first, so that no account can be used whose books are still to come.
        var backup = new Backup(madeAt, [.. files.OrderBy(file => file.Table != StorageNames.LedgerTable)]);
        backup.Save(folder);
        return backup;
    }

    private async Task<Backup.File> Copy(TableClient table, string partition, string folder, CancellationToken cancel)
    {
        var name = Backup.NameOf(table.Name, partition);
        for (var reading = 1; ; reading++)
        {
            var before = await Balance(table, partition, cancel);
            var (rows, sum) = await Backup.Write(Path.Combine(folder, name), Lines(table, partition, cancel));
            var isTorn = before != await Balance(table, partition, cancel);
            if (isTorn && reading < ReadingsMax) continue;

            await output.WriteLineAsync($"{name}: {rows:N0} rows{(isTorn ? ", TORN: it changed during each reading" : "")}");
            return new Backup.File(name, table.Name, partition, rows, sum, isTorn);
        }
    }

    private static async IAsyncEnumerable<string> Lines(
        TableClient table, string partition, [EnumeratorCancellation] CancellationToken cancel)
    {
        var rows = table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), cancellationToken: cancel);
        await foreach (var row in rows) yield return RowLine.Write(row);
    }

    /// <summary>The mark of an account's balance, which each transaction of the ledger writes; null where there is none.</summary>
    private static async Task<ETag?> Balance(TableClient table, string partition, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(partition, LedgerKeys.Account, ["RowKey"], cancel);
        return row.HasValue ? row.Value!.ETag : null;
    }

    private static async Task<string?> Next(TableClient table, string after, CancellationToken cancel)
    {
        var filter = TableClient.CreateQueryFilter($"PartitionKey gt {after}");
        try
        {
            await foreach (var row in table.QueryAsync<TableEntity>(filter, 1, ["PartitionKey"], cancel)) return row.PartitionKey;
            return null;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            throw new CopyFailedException($"The table {table.Name} is not there: is it the right storage account?");
        }
    }
}
