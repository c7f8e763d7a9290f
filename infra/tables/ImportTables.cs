using Azure;
using Azure.Data.Tables;
using Pipeline.Storage;

namespace Pipeline.CopyTables;

/// <summary>
/// Copies rows from a backup into tables, where they are not there already. An account's books come whole or not at all; accounts, keys and
/// poison messages one by one. So an import that broke off is run again, and one over tables that are in use overwrites nothing.
/// </summary>
internal sealed class ImportTables(TableServiceClient tables, TextWriter output)
{
    /// <summary>The service takes so many rows in a transaction.</summary>
    private const int RowsMax = 100;

    /// <param name="folder">The backup.</param>
    /// <param name="only">Of which partition, as <c>ledger/studio</c>; null for all.</param>
    /// <param name="withTorn">Whether to copy partitions whose rows need not fit together.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The books that are there already and are others than in the backup: they were left as they are.</returns>
    /// <exception cref="CopyFailedException">The backup is not whole, or has not what is asked for; nothing is written then.</exception>
    public async Task<IReadOnlyList<string>> Run(string folder, string? only, bool withTorn, CancellationToken cancel)
    {
        var files = Backup.Open(folder).Files.Where(file => only is null || $"{file.Table}/{file.Partition}" == only).ToList();
        if (files.Count == 0 && only is not null) throw new CopyFailedException($"{only} is not in the backup.");
        foreach (var file in files) await Backup.Check(folder, file);
        if (!withTorn && files.Find(file => file.IsTorn) is { } torn)
        {
            throw new CopyFailedException(
                $"{torn.Name} changed while it was read: its rows need not fit together, and the account may be stuck with them. "
                + "Take another backup, or --with-torn.");
        }

        var others = new List<string>();
        foreach (var file in files)
        {
            await tables.CreateTableIfNotExistsAsync(file.Table, cancel);
            var table = tables.GetTableClient(file.Table);
            var said = file.Table == StorageNames.LedgerTable
                ? await CopyBooks(table, folder, file, others, cancel)
                : await CopyRows(table, folder, file, cancel);
            await output.WriteLineAsync($"{file.Name}: {said}");
        }

        return others;
    }

    /// <summary>The first row, the balance, is written last: books that have it are whole.</summary>
    private static async Task<string> CopyBooks(
        TableClient table, string folder, Backup.File file, List<string> others, CancellationToken cancel)
    {
        TableEntity? first = null;
        var (batch, bytes, rows) = (new List<TableTransactionAction>(), 0, 0L);
        await foreach (var line in Backup.Read(folder, file))
        {
            var row = RowLine.Read(line);
            rows++;
            if (first is null)
            {
                first = row;
                var found = await table.GetEntityIfExistsAsync<TableEntity>(row.PartitionKey, row.RowKey, cancellationToken: cancel);
                if (!found.HasValue) continue;
                if (RowLine.Write(found.Value!) == line) return "is there already";
                others.Add(file.Name);
                return "LEFT AS IT IS, there are other books of this account";
            }

            var size = RowSize.Of(row);
            if (batch.Count == RowsMax || bytes + size > RowSize.TransactionMax)
            {
                await table.SubmitTransactionAsync(batch, cancel);
                (batch, bytes) = ([], 0);
            }

            batch.Add(new TableTransactionAction(TableTransactionActionType.UpsertReplace, row));
            bytes += size;
        }

        if (batch.Count > 0) await table.SubmitTransactionAsync(batch, cancel);
        await table.UpsertEntityAsync(first!, TableUpdateMode.Replace, cancel);
        return $"{rows:N0} rows";
    }

    private static async Task<string> CopyRows(TableClient table, string folder, Backup.File file, CancellationToken cancel)
    {
        var (added, rows) = (0L, 0L);
        await foreach (var line in Backup.Read(folder, file))
        {
            rows++;
            try
            {
                await table.AddEntityAsync(RowLine.Read(line), cancel);
                added++;
            }
            catch (RequestFailedException e) when (e.Status == 409)
            {
                // It is there already, perhaps newer.
            }
        }

        return added == rows ? $"{rows:N0} rows" : $"{added:N0} of {rows:N0} rows, the others are there already";
    }
}
