using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Storage;

namespace Pipeline.Tests.Credits;

/// <summary>Events are written with the decision that makes them happen: without gaps, each once, and told to whom it should be.</summary>
public sealed class EventTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");

    private string storage = "";
    private TableClient table = null!;
    private Ledger ledger = null!;

    [SetUp]
    public async Task Open_an_account()
    {
        storage = Pipeline.Tests.Storage.NewAccount();
        var tables = new TableServiceClient(storage);
        table = tables.GetTableClient(StorageNames.LedgerTable);
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        ledger = TestLedger.Of(storage);
        await ledger.Open(Account, new Transfer(TransferKind.Grant, 1_000, "first"), default);
    }

    /// <summary>Three kinds of decisions meet: with an entry, with an event, and with both.</summary>
    [Test]
    public async Task Of_decisions_from_two_processes_each_event_is_written_once_whatever_answers_are_lost(
        [Values(Loss.Answer, Loss.Request)] Loss loss, [Values(0, 3)] int retries)
    {
        const int Count = 300;
        var faults = new FailingTransactions(loss, rate: 0.15, seed: 7 + retries);
        Ledger[] processes = [TestLedger.Of(storage, faults, retries: retries), TestLedger.Of(storage, faults, retries: retries)];
        var told = new CommitResult?[Count];
        await Parallel.ForAsync(0, Count, new ParallelOptions { MaxDegreeOfParallelism = 12 }, async (number, cancel) =>
        {
            try
            {
                told[number] = await processes[number % 2].Commit(Account, _ => Mixed(number), cancel);
            }
            catch (StorageBusyException)
            {
                // Not known to its caller: it may be written, and then once.
            }
        });

        var events = await Events();
        var numbers = events.Select(happened => happened.Id.Number).ToList();
        Assert.That(faults.Failed, Is.GreaterThan(10), "transactions failed");
        Assert.That(numbers, Is.EqualTo(Enumerable.Range(1, numbers.Count)), "without gaps");
        Assert.That(events.Select(happened => happened.OccurredAt), Is.Ordered);
        var subjects = events.Select(happened => (int)happened.Data["number"]!).ToList();
        Assert.That(subjects, Is.Unique);
        for (var number = 0; number < Count; number++)
        {
            var hasEvent = number % 3 != 0;
            if (told[number] is CommitResult.Committed) Assert.That(subjects.Contains(number), Is.EqualTo(hasEvent), $"{number}");
            else Assert.That(told[number], Is.Null, $"{number}");
            if (hasEvent) Assert.That(await IsThere($"row~{number}"), Is.EqualTo(subjects.Contains(number)), $"{number}: row and event");
        }

        await BooksAreRight();
    }

    [Test]
    public async Task An_event_alone_changes_nothing_of_the_books()
    {
        await Task.Delay(5);
        await Commit(Event());

        await BooksAreRight();
        await ledger.Commit(Account, _ => Mixed(0), default);
        await BooksAreRight();
    }

    [Test]
    public void Rows_without_an_entry_or_an_event_are_not_written() => Assert.That(
        async () => await ledger.Commit(Account, _ => new Decision.Accept([], [Row(1)]), default),
        Throws.InvalidOperationException.With.Message.Contains("could not be told"));

    [Test]
    public async Task A_row_that_changed_under_it_keeps_the_event_from_being_written()
    {
        await table.AddEntityAsync(new TableEntity(Account.Value, "row~1"));

        Assert.That(await ledger.Commit(Account, _ => Mixed(1), default), Is.EqualTo(new CommitResult.RowConflict("row~1")));
        Assert.That(await Events(), Is.Empty);
        Assert.That((await Commit(Event())).Deliveries, Is.Empty);
        Assert.That((await Events()).Single().Id.Number, Is.EqualTo(1), "its number was not used up");
    }

    [TestCase("", false, "")]
    [TestCase("", true, "Own")]
    [TestCase("*", true, "Endpoint Own")]
    [TestCase("job.failed", false, "")]
    [TestCase("job.failed job.succeeded", false, "Endpoint")]
    public async Task Who_wants_to_be_told_is_in_the_outbox_with_the_event(string wanted, bool hasOwn, string targets)
    {
        await table.UpdateEntityAsync(AccountRow.Wanting(Account, EventFilter.Parse(wanted)), ETag.All);

        var committed = await Commit(Event() with { OwnUrl = hasOwn ? "https://own.example/hook" : null });

        Assert.That(string.Join(' ', committed.Deliveries.Select(delivery => delivery.Target)), Is.EqualTo(targets));
        var pending = new List<Delivery>();
        await foreach (var row in table.QueryAsync<TableEntity>(LedgerKeys.OutboxOf(Account.Value, 1, 2)))
            pending.Add(Delivery.FromRow(row));
        Assert.That(
            pending.Select(delivery => (delivery.Id, delivery.OwnUrl)),
            Is.EqualTo(committed.Deliveries.Select(delivery => (delivery.Id, delivery.OwnUrl))));
        Assert.That(pending.Select(delivery => delivery.OwnUrl).Distinct().Count(url => url is not null), Is.EqualTo(hasOwn ? 1 : 0));
    }

    [Test]
    public async Task Of_its_own_end_an_endpoint_is_not_told()
    {
        await table.UpdateEntityAsync(AccountRow.Wanting(Account, EventFilter.All), ETag.All);

        Assert.That((await Commit(NewEvent.Of(EventTypes.WebhookDisabled, new { }))).Deliveries, Is.Empty);
        var test = NewEvent.Of(EventTypes.WebhookTest, new { }) with { IsForEndpoint = true };
        Assert.That((await Commit(test)).Deliveries, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Another_process_hears_at_its_next_commit_that_there_is_an_endpoint()
    {
        Assert.That((await Commit(Event())).Deliveries, Is.Empty);

        await table.UpdateEntityAsync(AccountRow.Wanting(Account, EventFilter.All), ETag.All);

        Assert.That((await Commit(Event())).Deliveries, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task That_credits_are_low_is_told_once_for_each_fall()
    {
        await Limit(low: 500);
        await Spend(400, "job_a");
        Assert.That(await Events(), Is.Empty);

        await Spend(150, "job_b");
        await Spend(10, "job_c");
        await ledger.Commit(Account, _ => new Decision.Accept([new Transfer(TransferKind.Grant, 600, "more")], []), default);
        await Spend(600, "job_d");

        var data = (await Events()).Select(happened => (happened.Type, happened.Data.ToJsonString()));
        Assert.That(data, Is.EqualTo(new[]
        {
            ("credits.low", """{"url":"v1/credits","available":450,"credits_low":500}"""),
            ("credits.low", """{"url":"v1/credits","available":440,"credits_low":500}"""),
        }));
    }

    [Test]
    public async Task Credits_that_expire_can_be_what_makes_them_low()
    {
        var time = new MovedTime();
        // Its clock is behind that of the account's first entry, which does not turn time back.
        time.Move(DateTimeOffset.UtcNow - time.GetUtcNow());
        ledger = TestLedger.Of(storage, time: time);
        var soon = EntryHash.Milliseconds(time.GetUtcNow().AddHours(1));
        var grant = new Transfer(TransferKind.Grant, 50, "promo", CreditCategory.Promotional) { ExpiresAt = soon };
        await ledger.Commit(Account, _ => new Decision.Accept([grant], []), default);
        await Limit(low: 1_020);
        await table.UpdateEntityAsync(AccountRow.Wanting(Account, EventFilter.All), ETag.All);
        time.Move(TimeSpan.FromHours(2));
        // Another process, which meets no conflict: it would wait on a clock that nobody moves.
        ledger = TestLedger.Of(storage, time: time);

        var committed = await Commit(Event());

        Assert.That((await Events()).Select(happened => happened.Type), Is.EqualTo(new[] { "credits.low", "job.succeeded" }));
        Assert.That(committed.Deliveries.Select(delivery => delivery.Type), Is.EqualTo(new[] { "credits.low", "job.succeeded" }));
        await BooksAreRight();
    }

    [Test]
    public async Task By_a_clock_that_is_behind_no_event_is_written_before_the_last_one()
    {
        var (ahead, behind) = (new MovedTime(), new MovedTime());
        ahead.Move(DateTimeOffset.UtcNow.AddMinutes(2) - ahead.GetUtcNow());
        behind.Move(DateTimeOffset.UtcNow.AddMinutes(1) - behind.GetUtcNow());
        foreach (var time in (MovedTime[])[ahead, behind, ahead, behind])
        {
            ledger = TestLedger.Of(storage, time: time);
            await Commit(Event());
        }

        Assert.That((await Events()).Select(happened => happened.OccurredAt), Is.Ordered);
        await BooksAreRight();
    }

    private static Decision.Accept Mixed(int number) => (number % 3) switch
    {
        0 => new Decision.Accept([new Transfer(TransferKind.Hold, 1, $"job_{number}") { Jobs = 1 }], []),
        1 => new Decision.Accept([], [Row(number)]) { Events = [Event(number)] },
        _ => new Decision.Accept([new Transfer(TransferKind.Hold, 1, $"job_{number}") { Jobs = 1 }], [Row(number)])
        {
            Events = [Event(number)],
        },
    };

    private static TableTransactionAction Row(int number) =>
        new(TableTransactionActionType.Add, new TableEntity(Account.Value, $"row~{number}"));

    private static NewEvent Event(int number = 0) => NewEvent.Of("job.succeeded", new { number });

    private async Task<CommitResult.Committed> Commit(NewEvent happened) => (CommitResult.Committed)await ledger.Commit(
        Account, _ => new Decision.Accept([], []) { Events = [happened] }, default);

    private async Task Spend(long amount, string job) => await ledger.Commit(
        Account, _ => new Decision.Accept([new Transfer(TransferKind.Hold, amount, job) { Jobs = 1 }], []), default);

    private async Task Limit(long low)
    {
        var row = new TableEntity(Account.Value, LedgerKeys.Account);
        (AccountLimits.None with { CreditsLow = low }).WriteTo(row);
        await table.UpdateEntityAsync(row, ETag.All);
    }

    private async Task<bool> IsThere(string key) => (await table.GetEntityIfExistsAsync<TableEntity>(Account.Value, key)).HasValue;

    private async Task<List<Event>> Events()
    {
        var events = new List<Event>();
        await foreach (var row in table.QueryAsync<TableEntity>(LedgerKeys.Events(Account.Value, 1)))
            events.Add(Pipeline.Events.Event.FromRow(row));
        return events;
    }

    /// <summary>The account's row says what its entries amount to.</summary>
    private async Task BooksAreRight()
    {
        var row = await AccountRow.Read(table, Account, default);
        var (chain, last) = await new WalkEntries(table, Account).Run(
            Books.Empty, row!.Books.Balance.Version, _ => Task.CompletedTask, default);
        Assert.That(chain.Ok, Is.True, chain.Detail);
        Assert.That(row.Books.WithoutLimits, Is.EqualTo(last));
    }
}
