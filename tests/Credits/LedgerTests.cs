using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Tests.Credits;

/// <summary>The ledger against real tables: what two processes, lost answers and changed rows do to it.</summary>
public sealed class LedgerTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");

    private string storage = "";

    [SetUp]
    public async Task CreateTable()
    {
        storage = Pipeline.Tests.Storage.NewAccount();
        await new TableServiceClient(storage).CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
    }

    [Test]
    public async Task Each_transfer_is_an_entry_with_the_balance_after_it()
    {
        var ledger = NewLedger();
        await ledger.Open(Account, new Transfer(TransferKind.Grant, 100, "first", CreditCategory.Paid), default);

        var result = await ledger.Commit(Account, _ => Accept(new Transfer(TransferKind.Hold, 40, "job_a")), default);
        await ledger.Commit(
            Account, _ => Accept(new(TransferKind.Capture, 30, "job_a"), new(TransferKind.Release, 10, "job_a")), default);

        Assert.That(result, Is.TypeOf<CommitResult.Committed>());
        Assert.That((await ledger.Read(Account, default))!.Balance, Is.EqualTo(new Balance(100, 70, 0, 30, Version: 4)));
        var entries = await Entries();
        Assert.That(entries.Select(entry => entry.After.Balance), Is.EqualTo(new[]
        {
            new Balance(100, 100, 0, 0, 1), new Balance(100, 60, 40, 0, 2), new Balance(100, 60, 10, 30, 3), new Balance(100, 70, 0, 30, 4),
        }));
    }

    [Test]
    public async Task An_account_is_opened_once()
    {
        var ledger = NewLedger();
        await ledger.Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);

        var second = await ledger.Open(Account, new Transfer(TransferKind.Grant, 999, "second"), default);

        Assert.That(second, Is.Null);
        Assert.That((await ledger.Read(Account, default))!.Balance.Granted, Is.EqualTo(100));
    }

    [Test]
    public async Task A_decision_for_an_account_that_is_not_there_changes_nothing() =>
        Assert.That(
            await NewLedger().Commit(Account, _ => Accept(new Transfer(TransferKind.Grant, 1, "x")), default),
            Is.TypeOf<CommitResult.NoAccount>());

    [Test]
    public async Task Many_writers_in_two_processes_spend_each_credit_once()
    {
        const int Writers = 16, Holds = 60, Covered = 40;
        await NewLedger().Open(Account, new Transfer(TransferKind.Grant, Covered, "first"), default);
        Ledger[] processes = [NewLedger(), NewLedger()];

        var results = new List<CommitResult>();
        await Parallel.ForAsync(0, Holds, new ParallelOptions { MaxDegreeOfParallelism = Writers }, async (number, cancel) =>
        {
            var result = await processes[number % 2].Commit(Account, books => HoldOne(books, $"job_{number}"), cancel);
            lock (results) results.Add(result);
        });

        Assert.Multiple(async () =>
        {
            Assert.That(results.OfType<CommitResult.Committed>().Count(), Is.EqualTo(Covered));
            Assert.That(results.OfType<CommitResult.Insufficient>().Count(), Is.EqualTo(Holds - Covered));
            Assert.That((await NewLedger().Read(Account, default))!.Balance, Is.EqualTo(new Balance(Covered, 0, Covered, 0, Covered + 1)));
        });
    }

    [Test]
    public async Task A_limit_holds_over_all_processes()
    {
        const int OpenMax = 5;
        await NewLedger().Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);
        var limits = new TableEntity(Account.Value, LedgerKeys.Account);
        (AccountLimits.None with { OpenJobs = OpenMax }).WriteTo(limits);
        await new TableServiceClient(storage).GetTableClient(StorageNames.LedgerTable)
            .UpdateEntityAsync(limits, ETag.All, TableUpdateMode.Merge);
        Ledger[] processes = [NewLedger(), NewLedger()];

        var results = await Task.WhenAll(Enumerable.Range(0, 32).Select(number => processes[number % 2].Commit(
            Account,
            books => LimitReached.By(books, 1, 1) is { } limit
                ? new Decision.OverLimit(limit)
                : Accept(new Transfer(TransferKind.Hold, 1, $"job_{number}") { Jobs = 1 }),
            default)));

        Assert.That(results.OfType<CommitResult.Committed>().Count(), Is.EqualTo(OpenMax));
        Assert.That(results.OfType<CommitResult.OverLimit>().Count(), Is.EqualTo(32 - OpenMax));
    }

    [Test]
    public async Task A_busy_process_does_not_keep_another_out()
    {
        await NewLedger().Open(Account, new Transfer(TransferKind.Grant, 1_000_000, "first"), default);
        Ledger[] processes = [NewLedger(), NewLedger()];
        var counts = new int[2];
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(4));

        // Whoever has just written writes again at once, without a read; whoever lost must read.
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async writer =>
        {
            for (var number = 0; !end.IsCancellationRequested; number++)
            {
                var reference = $"job_{writer}_{number}";
                var result = await processes[writer % 2].Commit(Account, books => HoldOne(books, reference), default);
                if (result is CommitResult.Committed) Interlocked.Increment(ref counts[writer % 2]);
            }
        }));

        Assert.That(counts.Min(), Is.GreaterThan(counts.Max() / 20), $"{counts[0]} and {counts[1]}");
    }

    [Test]
    public async Task Credits_that_another_process_granted_can_be_held_here()
    {
        var here = NewLedger();
        await here.Open(Account, new Transfer(TransferKind.Grant, 1, "first"), default);
        await here.Commit(Account, books => HoldOne(books, "job_a"), default);
        await NewLedger().Commit(Account, _ => Accept(new Transfer(TransferKind.Grant, 1, "second")), default);

        // This process remembers a balance of nothing; the refusal must not be decided on that.
        Assert.That(await here.Commit(Account, books => HoldOne(books, "job_b"), default), Is.TypeOf<CommitResult.Committed>());
    }

    [Test]
    public async Task A_row_that_is_there_already_leaves_the_balance_as_it_was()
    {
        var ledger = NewLedger();
        await ledger.Open(Account, new Transfer(TransferKind.Grant, 10, "first"), default);
        await ledger.Commit(Account, books => HoldOne(books, "job_a", "job~a"), default);

        var again = await ledger.Commit(Account, books => HoldOne(books, "job_a", "job~a"), default);

        Assert.That(again, Is.EqualTo(new CommitResult.RowConflict("job~a")));
        Assert.That((await ledger.Read(Account, default))!.Balance.Held, Is.EqualTo(1));
    }

    [Test]
    public async Task A_transaction_whose_answer_is_lost_is_found_and_not_written_twice()
    {
        await NewLedger().Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);
        var lossy = new LoseAnswers();
        var ledger = NewLedger(lossy);

        for (var number = 0; number < 30; number++)
        {
            lossy.LoseNext = number % 3 == 0;
            var result = await ledger.Commit(Account, books => HoldOne(books, $"job_{number}"), default);
            Assert.That(result, Is.TypeOf<CommitResult.Committed>());
        }

        Assert.That(lossy.Lost, Is.EqualTo(10), "answers were lost");
        Assert.That((await ledger.Read(Account, default))!.Balance, Is.EqualTo(new Balance(100, 70, 30, 0, Version: 31)));
    }

    [Test]
    public async Task A_transaction_that_arrives_late_counts_once()
    {
        var ledger = NewLedger();
        await ledger.Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);
        var late = new ArriveLate(TimeSpan.FromMilliseconds(300));
        var slow = NewLedger(late);

        late.DelayNext = true;
        var result = await slow.Commit(Account, books => HoldOne(books, "job_late"), default);
        await late.Arrived;

        Assert.That(result, Is.TypeOf<CommitResult.Committed>());
        Assert.That((await ledger.Read(Account, default))!.Balance, Is.EqualTo(new Balance(100, 99, 1, 0, Version: 2)));
    }

    private Ledger NewLedger(HttpPipelinePolicy? fault = null)
    {
        var options = new TableClientOptions { Retry = { MaxRetries = 0 } };
        if (fault is not null) options.AddPolicy(fault, HttpPipelinePosition.PerRetry);
        return new Ledger(new TableServiceClient(storage, options), TimeProvider.System, Random.Shared, NullLogger<Ledger>.Instance);
    }

    private async Task<List<Entry>> Entries()
    {
        var filter = LedgerKeys.Filter(Account.Value, LedgerKeys.Entry(0), LedgerKeys.Entry(999));
        var entries = new List<Entry>();
        var table = new TableServiceClient(storage).GetTableClient(StorageNames.LedgerTable);
        await foreach (var row in table.QueryAsync<TableEntity>(filter)) entries.Add(Entry.FromRow(row));
        return entries;
    }

    private static Decision.Accept Accept(params Transfer[] transfers) => new(transfers, []);

    private static Decision HoldOne(Books books, string reference, string? rowKey = null) => books.Balance.Available < 1
        ? new Decision.Insufficient(1, books.Balance.Available)
        : new Decision.Accept(
            [new(TransferKind.Hold, 1, reference)],
            rowKey is null ? [] : [new(TableTransactionActionType.Add, new TableEntity(Account.Value, rowKey))]);

    /// <summary>The service carries a transaction out, and the connection breaks before its answer comes.</summary>
    private sealed class LoseAnswers : HttpPipelinePolicy
    {
        public bool LoseNext { get; set; }

        public int Lost { get; private set; }

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (!LoseNext || message.Request.Method != RequestMethod.Post) return;
            LoseNext = false;
            Lost++;
            throw new IOException("The answer was lost.");
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }
}
