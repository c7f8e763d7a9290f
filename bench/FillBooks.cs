using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Bench;

/// <summary>Writes an account's whole life straight into the table, as the app itself would have: three entries for each job.</summary>
internal static class FillBooks
{
    private const int Price = 8;
    private const int RowsPerTransaction = 100;
    private const int TransactionsAtOnce = 8;

    /// <returns>A checkpoint at nine tenths of the entries.</returns>
    public static async Task<Checkpoint> Run(string storage, AccountId account, int entries, CancellationToken cancel)
    {
        var tables = new TableServiceClient(storage);
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable, cancel);
        var table = tables.GetTableClient(StorageNames.LedgerTable);
        var start = TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(30);
        var first = Entry.Next(
            Books.Empty.At(start), new Transfer(TransferKind.Grant, 1_000_000_000, Ledger.OpeningReference, CreditCategory.Paid), "bench");

        var (books, middle) = (first.After, new Checkpoint(1, first.Hash));
        var rows = new List<TableEntity> { first.ToRow(account) };
        var pending = new List<Task>();
        var catalogue = Catalogue.Load();
        for (var n = 0; books.Balance.Version + 3 <= entries; n++)
        {
            rows.AddRange(Life(account, n, start + TimeSpan.FromSeconds(n), catalogue, ref books));
            if (books.Balance.Version <= entries * 9L / 10) middle = new Checkpoint(books.Balance.Version, books.Head);
            if (rows.Count + 4 <= RowsPerTransaction) continue;
            pending.Add(Add(table, rows, cancel));
            rows = [];
            if (pending.Count < TransactionsAtOnce) continue;
            await Task.WhenAll(pending);
            pending.Clear();
        }

        rows.Add(AccountRow.From(account, books, events: 0, eventAt: default));
        await Task.WhenAll(pending.Append(Add(table, rows, cancel)));
        return middle;
    }

    /// <summary>A job of two images of which one came: held, one half captured, the other released.</summary>
    private static List<TableEntity> Life(AccountId account, int n, DateTimeOffset time, Catalogue catalogue, ref Books books)
    {
        var request = new JobRequest { Prompt = $"A postcard of town number {n}", Model = catalogue.Default, Num = 2 };
        var id = JobId.New(time);
        var image = new StoredImage(0, $"{account}/{id}/0.png", "image/png", 1_500_000, 1024, 1024, new string('0', 64));
        var delivered = Delivery.Of(request.Model.Id, [image]);
        Transfer[] transfers =
        [
            new(TransferKind.Hold, Price, id.Value) { Jobs = 1 },
            new(TransferKind.Capture, Price / 2, id.Value) { Delivered = delivered },
            new(TransferKind.Release, Price / 2, id.Value) { Jobs = -1 },
        ];
        var rows = new List<TableEntity>();
        foreach (var transfer in transfers)
        {
            var entry = Entry.Next(books.At(time), transfer, "bench");
            rows.Add(entry.ToRow(account));
            books = entry.After;
        }

        var job = NewJob.From(account, id, request, null, time) with
        {
            Status = JobStatus.PartiallySucceeded,
            FinishedAt = time,
            Attempts = 1,
            Images = [image],
            Credits = new JobCredits(0, Price / 2, Price / 2),
            HeldBy = books.Balance.Version - 2,
            SettledBy = books.Balance.Version,
            Delivered = delivered,
        };
        rows.Add(JobRow.Whole(job));
        return rows;
    }

    private static async Task Add(TableClient table, List<TableEntity> rows, CancellationToken cancel) =>
        await table.SubmitTransactionAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)), cancel);
}
