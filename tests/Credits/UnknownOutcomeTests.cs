using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Tests.Credits;

/// <summary>Transactions whose answers are lost, or that never arrive: each decision is written exactly as its caller was told.</summary>
public sealed class UnknownOutcomeTests
{
    private const int Transfers = 3_000;
    private const int Writers = 16;
    private const double Rate = 0.1;

    private static readonly AccountId Account = AccountId.Parse("demo");

    /// <summary>With the SDK's own tries a lost answer is met as a conflict with oneself; without, as no answer at all.</summary>
    [Test]
    public async Task Of_3_000_transfers_each_is_written_once_although_every_tenth_transaction_fails(
        [Values(Loss.Answer, Loss.Request, Loss.Both)] Loss loss, [Values(0, 3)] int retries)
    {
        var storage = Pipeline.Tests.Storage.NewAccount();
        await new TableServiceClient(storage).CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        await TestLedger.Of(storage).Open(Account, new Transfer(TransferKind.Grant, Transfers, "first"), default);
        var faults = new FailingTransactions(loss, Rate, seed: 42 + retries);
        // Two processes, so that conflicts come on top.
        Ledger[] processes = [TestLedger.Of(storage, faults, retries: retries), TestLedger.Of(storage, faults, retries: retries)];

        var told = new CommitResult?[Transfers];
        await Parallel.ForAsync(0, Transfers, new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (number, cancel) =>
        {
            try
            {
                told[number] = await processes[number % 2].Commit(Account, books => Hold(books, number), cancel);
            }
            catch (StorageBusyException)
            {
                // Not known to its caller: it may be written, and then once.
            }
        });

        var table = new TableServiceClient(storage).GetTableClient(StorageNames.LedgerTable);
        var written = new Dictionary<string, int>();
        var account = await AccountRow.Read(table, Account, default);
        var (chain, last) = await new WalkEntries(table, Account).Run(Books.Empty, account!.Books.Balance.Version, entry =>
        {
            written[entry.Transfer.Reference] = written.GetValueOrDefault(entry.Transfer.Reference) + 1;
            return Task.CompletedTask;
        }, default);

        Assert.Multiple(() =>
        {
            Assert.That(faults.Failed, Is.GreaterThan(20), "transactions failed");
            Assert.That(chain.Ok, Is.True, chain.Detail);
            Assert.That(account.Books, Is.EqualTo(last));
            Assert.That(written.Values, Has.All.EqualTo(1));
            Assert.That(told.Count(result => result is null), Is.LessThan(Transfers / 10), "told that storage is busy");
            for (var number = 0; number < Transfers; number++)
            {
                if (told[number] is CommitResult.Committed) Assert.That(written.ContainsKey($"job_{number}"), Is.True, $"{number}");
                else Assert.That(told[number], Is.Null, $"{number}");
            }
        });
        await TestContext.Out.WriteLineAsync(
            $"{loss} lost, {retries} retries of the SDK: {faults.Sent} transactions, {faults.Failed} failed, "
            + $"{told.Count(result => result is null)} decisions not known to their callers.");
    }

    private static Decision Hold(Books books, int number) => books.Balance.Available < 1
        ? new Decision.Insufficient(1, books.Balance.Available)
        : new Decision.Accept(
            [new Transfer(TransferKind.Hold, 1, $"job_{number}") { Jobs = 1 }],
            [new(TableTransactionActionType.Add, new TableEntity(Account.Value, $"open~job_{number}"))]);
}
