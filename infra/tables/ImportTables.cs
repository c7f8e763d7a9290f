using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Pipeline.Storage;

namespace Pipeline.CopyTables;

/// <summary>
/// Copies rows from a backup into tables, where they are not there already. An account's books come whole or not at all; accounts, keys and
/// poison messages one by one. So an import that broke off is run again, and one over tables that are in use overwrites nothing.
/// </summary>
/// <param name="tables">Where to.</param>
/// <param name="output">Told of each partition.</param>
/// <param name="replaces">Whether other books that are there are deleted first, which loses what was moved since the backup.</param>
internal sealed class ImportTables(TableServiceClient tables, TextWriter output, bool replaces = false)
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

    /// <summary>The balance is written last: books without one are those of an import that broke off.</summary>
    private async Task<string> CopyBooks(
        TableClient table, string folder, Backup.File file, List<string> others, CancellationToken cancel)
    {
        var there = await Rows(table, file.Partition, cancel);
        var areOthers = await AreOthers(there, folder, file);
        if (areOthers && !replaces)
        {
            others.Add(file.Name);
            return "LEFT AS IT IS, there are other books of this account";
        }

        if (areOthers)
        {
            await Delete(table, file.Partition, there.Keys, cancel);
            there.Clear();
        }

        TableEntity? balance = null;
        var (batch, bytes, added) = (new List<TableTransactionAction>(), 0, 0L);
        await foreach (var (row, _) in Backup.Read(folder, file))
        {
            if (there.ContainsKey(row.RowKey)) continue;
            added++;
            if (row.RowKey == LedgerKeys.Account)
            {
                balance = row;
                continue;
            }

            var size = RowSize.Of(row);
            if (batch.Count == RowsMax || bytes + size > RowSize.TransactionMax)
            {
                await table.SubmitTransactionAsync(batch, cancel);
                (batch, bytes) = ([], 0);
            }

            batch.Add(new TableTransactionAction(TableTransactionActionType.Add, row));
            bytes += size;
        }

        if (batch.Count > 0) await table.SubmitTransactionAsync(batch, cancel);
        if (balance is not null) await table.AddEntityAsync(balance, cancel);
        return Said(added, file.Rows);
    }

    /// <summary>
    /// Whether what is there is of other books: with the same balance nothing was moved since, so what is missing was lost; without a
    /// balance, all must be of the backup. Who replaces books may do so because rows are wrong under a balance that is right: then all
    /// must be, too.
    /// </summary>
    private async Task<bool> AreOthers(Dictionary<string, string> there, string folder, Backup.File file)
    {
        if (there.Count == 0) return false;
        var same = 0;
        await foreach (var (row, line) in Backup.Read(folder, file))
        {
            var isSame = there.TryGetValue(row.RowKey, out var sum) && sum == Sum(line);
            if (isSame) same++;
            if (!replaces && row.RowKey == LedgerKeys.Account && there.ContainsKey(row.RowKey)) return !isSame;
        }

        return same < there.Count;
    }

    /// <summary>The balance first: what is left if this breaks off are books that nobody can move.</summary>
    private static async Task Delete(TableClient table, string partition, IEnumerable<string> rows, CancellationToken cancel)
    {
        foreach (var some in rows.OrderBy(row => row != LedgerKeys.Account).Chunk(RowsMax))
        {
            var gone = some.Select(row => new TableEntity(partition, row));
            await table.SubmitTransactionAsync(
                gone.Select(row => new TableTransactionAction(TableTransactionActionType.Delete, row, ETag.All)), cancel);
        }
    }

    /// <summary>The rows of a partition: their keys, and the sums of their lines.</summary>
    private static async Task<Dictionary<string, string>> Rows(TableClient table, string partition, CancellationToken cancel)
    {
        var rows = new Dictionary<string, string>(StringComparer.Ordinal);
        var found = table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {partition}"), cancellationToken: cancel);
        await foreach (var row in found) rows[row.RowKey] = Sum(RowLine.Write(row));
        return rows;
    }

    private static string Sum(string line) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(line)));

    private static string Said(long added, long rows) => added == 0 ? $"{rows:N0} rows are there already"
        : added == rows ? $"{rows:N0} rows"
        : $"{added:N0} of {rows:N0} rows, the others are there already";

    private static async Task<string> CopyRows(TableClient table, string folder, Backup.File file, CancellationToken cancel)
    {
        var (added, rows) = (0L, 0L);
        await foreach (var (row, _) in Backup.Read(folder, file))
        {
            rows++;
            try
            {
                await table.AddEntityAsync(row, cancel);
                added++;
            }
            catch (RequestFailedException e) when (e.Status == 409)
            {
                // It is there already, perhaps newer.
            }
        }

        return Said(added, rows);
    }
}
