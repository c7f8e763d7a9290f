using System.Collections.Concurrent;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Tests.Credits;

/// <summary>Decisions that meet go into one transaction, and what is wrong with one is no matter of the others.</summary>
public sealed class GroupCommitTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");

    private string storage = "";
    private CountRequests requests = null!;
    private Ledger ledger = null!;
    private TableClient table = null!;
    private MovedTime time = null!;

    [SetUp]
    public async Task Open_an_account()
    {
        storage = Pipeline.Tests.Storage.NewAccount();
        var tables = new TableServiceClient(storage);
        table = tables.GetTableClient(StorageNames.LedgerTable);
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        time = new MovedTime();
        await TestLedger.Of(storage, time: time).Open(Account, new Transfer(TransferKind.Grant, 1_000, "first"), default);
        requests = new CountRequests();
        ledger = TestLedger.Of(storage, requests);
    }

    [Test]
    public async Task What_waits_while_a_transaction_is_under_way_goes_into_the_next()
    {
        await Task.WhenAll(Enumerable.Range(0, 60).Select(number => Commit($"job_{number}")));

        // A read, the first hold by itself or with some, and the others in as many transactions as 49 holds each need.
        Assert.That(requests.Count, Is.LessThanOrEqualTo(4));
        Assert.That((await TestLedger.Of(storage).Read(Account, default))!.Balance, Is.EqualTo(new Balance(1_000, 940, 60, 0, 61)));
    }

    [Test]
    public async Task A_transaction_takes_no_more_rows_than_the_service_does()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 40).Select(number =>
            ledger.Commit(Account, books => Hold(books, $"job_{number}", rows: 8), default)));

        Assert.That(results, Has.All.TypeOf<CommitResult.Committed>());
    }

    [Test]
    public async Task A_transaction_takes_no_more_bytes_than_the_service_does()
    {
        // 10 properties of 30,000 characters, each sent as 6 bytes: 1.8 MB a row, of which two fit.
        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(number =>
            ledger.Commit(Account, books => Hold(books, $"job_{number}", rows: 1, text: new string('ä', 30_000)), default)));

        Assert.That(results, Has.All.TypeOf<CommitResult.Committed>());
    }

    [Test]
    public async Task One_that_fits_in_no_transaction_fails_by_itself()
    {
        var (good, bad) = (Commit("job_good"), ledger.Commit(Account, books => Hold(books, "job_bad", rows: 120), default));

        Assert.That(async () => await bad, Throws.InvalidOperationException.With.Message.Contains("120 rows"));
        Assert.That(await good, Is.TypeOf<CommitResult.Committed>());
    }

    [Test]
    public async Task A_stale_one_is_dropped_alone_and_the_others_are_written()
    {
        await table.AddEntityAsync(new TableEntity(Account.Value, "row~job_5~0"));

        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(number =>
            ledger.Commit(Account, books => Hold(books, $"job_{number}", rows: 1), default)));

        Assert.That(results[5], Is.EqualTo(new CommitResult.RowConflict("row~job_5~0")));
        Assert.That(results.OfType<CommitResult.Committed>().Count(), Is.EqualTo(11));
        Assert.That((await ledger.Read(Account, default))!.Balance.Held, Is.EqualTo(11));
    }

    [Test]
    public async Task One_whose_decision_cannot_be_taken_fails_alone()
    {
        var results = Enumerable.Range(0, 12).Select(number => ledger.Commit(
            Account, books => number == 5 ? throw new FormatException("damaged") : Hold(books, $"job_{number}"), default)).ToList();

        Assert.That(async () => await results[5], Throws.TypeOf<FormatException>());
        foreach (var (result, number) in results.Select((result, number) => (result, number)).Where(pair => pair.number != 5))
            Assert.That(await result, Is.TypeOf<CommitResult.Committed>(), $"{number}");
    }

    [Test]
    public async Task One_that_storage_refuses_fails_alone()
    {
        // A text that is longer than the service takes.
        var results = Enumerable.Range(0, 12).Select(number => ledger.Commit(
            Account, books => Hold(books, $"job_{number}", rows: 1, text: new string('x', number == 5 ? 40_000 : 1)), default)).ToList();

        Assert.That(async () => await results[5], Throws.InstanceOf<Azure.RequestFailedException>());
        foreach (var (result, number) in results.Select((result, number) => (result, number)).Where(pair => pair.number != 5))
            Assert.That(await result, Is.TypeOf<CommitResult.Committed>(), $"{number}");
    }

    [Test]
    public async Task Who_is_refused_takes_nothing_from_those_behind()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 10).Select(number =>
            ledger.Commit(Account, books => Hold(books, $"job_{number}", amount: number % 2 == 0 ? 190 : 600), default)));

        // In the order in which they came: 190, 600 and 190 are 980, and nothing fits behind.
        Assert.That(results.Select(result => result is CommitResult.Committed), Is.EqualTo(Enumerable.Range(0, 10).Select(n => n < 3)));
        var books = (await ledger.Read(Account, default))!;
        Assert.That(books.Balance.Held, Is.EqualTo(results.OfType<CommitResult.Committed>().Sum(done => done.Entries[0].Transfer.Amount)));
        Assert.That(books.Balance.IsSound, Is.True);
    }

    [Test]
    public async Task A_refusal_because_of_one_that_was_dropped_is_taken_again()
    {
        await table.AddEntityAsync(new TableEntity(Account.Value, "row~job_all~0"));
        var first = Commit("job_first");

        var (all, few) = (ledger.Commit(Account, books => Hold(books, "job_all", rows: 1, amount: 999), default), Commit("job_few"));

        Assert.That((await first, await all), Is.EqualTo((await first, (CommitResult)new CommitResult.RowConflict("row~job_all~0"))));
        Assert.That(await few, Is.TypeOf<CommitResult.Committed>());
    }

    [Test]
    public async Task Two_that_write_one_row_do_not_meet_in_one_transaction()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(number =>
            ledger.Commit(Account, books => Hold(books, number < 4 ? "job_same" : $"job_{number}", rows: 1), default)));

        Assert.That(results.OfType<CommitResult.Committed>().Count(), Is.EqualTo(5));
        Assert.That(results.OfType<CommitResult.RowConflict>().Count(), Is.EqualTo(3));
    }

    [Test]
    public async Task Who_gives_up_while_waiting_is_not_written()
    {
        var slow = new SlowDown();
        ledger = TestLedger.Of(storage, slow);
        using var stop = new CancellationTokenSource();
        var first = Commit("job_first");
        await slow.IsSending;
        var givenUp = ledger.Commit(Account, books => Hold(books, "job_given_up"), stop.Token);
        var third = Commit("job_third");

        await stop.CancelAsync();
        slow.Go();

        Assert.That(async () => await givenUp, Throws.InstanceOf<OperationCanceledException>());
        Assert.That((await first, await third), Is.TypeOf<(CommitResult, CommitResult)>());
        Assert.That((await ledger.Read(Account, default))!.Balance.Held, Is.EqualTo(2));
    }

    [Test]
    public async Task Too_many_that_wait_are_told_so_at_once()
    {
        var slow = new SlowDown();
        ledger = TestLedger.Of(storage, slow);
        var taken = new ConcurrentBag<Task<CommitResult>> { Commit("job_first") };
        await slow.IsSending;
        for (var number = 0; number < AccountCommitter.WaitingMax; number++) taken.Add(Commit($"job_{number}"));

        Assert.That(() => Commit("job_one_too_many"), Throws.TypeOf<StorageBusyException>());

        slow.Go();
        var results = await Task.WhenAll(taken);
        Assert.That(results.OfType<CommitResult.Committed>().Count(), Is.EqualTo(1_000));
        Assert.That(results.OfType<CommitResult.Insufficient>().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Credits_whose_time_is_over_expire_before_anything_is_decided_and_when_they_come_back()
    {
        ledger = TestLedger.Of(storage, time: time);
        await GrantForAnHour();
        await ledger.Commit(Account, books => Hold(books, "job_in_time", amount: 20), default);

        time.Move(TimeSpan.FromHours(1));
        var refused = await ledger.Commit(Account, books => Hold(books, "job_late", amount: 1_001), default);
        Assert.That(refused, Is.EqualTo(new CommitResult.Insufficient(1_001, 1_000)));
        Assert.That((await ledger.Read(Account, default))!.Balance, Is.EqualTo(new Balance(1_020, 1_000, 20, 0, 4)));

        var released = await ledger.Commit(
            Account, _ => new Decision.Accept([new Transfer(TransferKind.Release, 20, "job_in_time")], []), default);
        Assert.That(((CommitResult.Committed)released).Entries.Single().Transfer.Kind, Is.EqualTo(TransferKind.Release));
        Assert.That((await ledger.Read(Account, default))!.Balance, Is.EqualTo(new Balance(1_000, 1_000, 0, 0, 6)));
    }

    [Test]
    public async Task Reading_an_account_lets_expire_what_is_due_once()
    {
        ledger = TestLedger.Of(storage, time: time);
        await GrantForAnHour();
        time.Move(TimeSpan.FromHours(2));

        var read = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ledger.Read(Account, default)));

        Assert.That(read.Select(books => books!.Balance), Has.All.EqualTo(new Balance(1_000, 1_000, 0, 0, 3)));
    }

    private Task<CommitResult> GrantForAnHour()
    {
        var expiresAt = time.GetUtcNow().AddHours(1);
        var grant = new Transfer(TransferKind.Grant, 50, "promo", CreditCategory.Promotional) { ExpiresAt = expiresAt };
        return ledger.Commit(Account, _ => new Decision.Accept([grant], []), default);
    }

    private Task<CommitResult> Commit(string reference) => ledger.Commit(Account, books => Hold(books, reference), default);

    private static Decision Hold(
        Books books, string reference, int rows = 0, long amount = 1, string text = "x") =>
        books.Balance.Available < amount
            ? new Decision.Insufficient(amount, books.Balance.Available)
            : new Decision.Accept(
                [new Transfer(TransferKind.Hold, amount, reference) { Jobs = 1 }],
                [
                    .. Enumerable.Range(0, rows).Select(row => new TableTransactionAction(
                        TableTransactionActionType.Add, Row($"row~{reference}~{row}", text))),
                ]);

    private static TableEntity Row(string key, string text)
    {
        var row = new TableEntity(Account.Value, key);
        for (var number = 0; number < (text.Length > 1 ? 10 : 1); number++) row[$"Text{number}"] = text;
        return row;
    }
}
