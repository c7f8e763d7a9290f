using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Messages;
using Pipeline.Operator;
using Pipeline.Storage;

namespace Pipeline.Tests.Jobs;

/// <summary>What an Idempotency-Key stands for, when, and for whom. Two objects on one storage are two processes.</summary>
public sealed class MakeJobOnceTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");
    private static readonly Catalogue Catalogue = Catalogue.Load();

    private Clock clock = null!;
    private TableServiceClient tables = null!;
    private JobTable jobs = null!;
    private AcceptJob accept = null!;
    private MakeJobOnce once = null!;
    private MakeJobOnce elsewhere = null!;

    [SetUp]
    public async Task Open_an_account()
    {
        clock = new Clock();
        var storage = Tests.Storage.NewAccount();
        var queues = new QueueServiceClient(storage);
        await queues.CreateQueueAsync(StorageNames.StandardQueue);
        tables = new TableServiceClient(storage);
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        await tables.CreateTableIfNotExistsAsync(StorageNames.AccountsTable);
        await tables.GetTableClient(StorageNames.AccountsTable).AddEntityAsync(AccountKeys.AccountRow(Account, "Demo", clock.Now));

        var ledger = new Ledger(tables, TimeProvider.System, Random.Shared, NullLogger<Ledger>.Instance);
        await ledger.Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);
        jobs = new JobTable(tables, new JobRow(Catalogue));
        accept = new AcceptJob(ledger, new JobQueues(new MessageQueues(queues, clock)), Messages.Of(storage), new JobOptions(), clock,
            NullLogger<AcceptJob>.Instance);
        once = new MakeJobOnce(tables, jobs, clock);
        elsewhere = new MakeJobOnce(tables, jobs, clock);
    }

    [Test]
    public async Task While_the_first_request_is_under_way_the_same_one_is_told_to_come_back_and_another_one_that_its_key_is_taken()
    {
        var (begun, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var first = Make(once, "body", async key =>
        {
            begun.SetResult();
            await go.Task;
            return await Accept(key);
        });
        await begun.Task;

        Assert.That(ProblemOf(await Make(once, "body", Accept)), Is.EqualTo(ProblemCode.RequestInProgress));
        Assert.That(ProblemOf(await Make(once, "other", Accept)), Is.EqualTo(ProblemCode.IdempotencyKeyReused));
        go.SetResult();
        Assert.That(await first, Is.TypeOf<Acceptance.Accepted>());
        Assert.That(await Make(once, "body", Accept), Is.TypeOf<Acceptance.Replayed>());
    }

    [Test]
    public async Task A_process_that_comes_second_to_the_transaction_finds_the_job_of_the_first()
    {
        Acceptance? first = null;
        var second = await Make(once, "body", async key =>
        {
            first ??= await Make(elsewhere, "body", Accept);
            return await Accept(key);
        });

        Assert.That(((Acceptance.Replayed)second).Job.Id, Is.EqualTo(((Acceptance.Accepted)first!).Job.Id));
        Assert.That(await JobRows(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_process_that_comes_second_with_another_request_is_told_that_the_key_is_taken()
    {
        var second = await Make(once, "other", async key =>
        {
            await Make(elsewhere, "body", Accept);
            return await Accept(key);
        });

        Assert.That(ProblemOf(second), Is.EqualTo(ProblemCode.IdempotencyKeyReused));
        Assert.That(await JobRows(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_request_that_is_refused_because_its_twin_took_the_last_credits_gets_the_twins_job()
    {
        var second = await Make(once, "body", async _ =>
        {
            await Make(elsewhere, "body", Accept);
            return new Acceptance.Insufficient(Needed: 4, Available: 0);
        });

        Assert.That(second, Is.TypeOf<Acceptance.Replayed>());
    }

    [Test]
    public async Task A_refusal_is_not_remembered()
    {
        var refused = await Make(once, "body", _ => Task.FromResult<Acceptance>(new Acceptance.Insufficient(4, 0)));

        Assert.That(refused, Is.EqualTo(new Acceptance.Insufficient(4, 0)));
        Assert.That(await Make(once, "other", Accept), Is.TypeOf<Acceptance.Accepted>());
    }

    [Test]
    public async Task A_request_that_failed_is_not_under_way_any_more()
    {
        Assert.ThrowsAsync<IOException>(() => Make(once, "body", _ => throw new IOException()));

        Assert.That(await Make(once, "body", Accept), Is.TypeOf<Acceptance.Accepted>());
    }

    [Test]
    public async Task A_key_stands_for_its_request_for_24_hours_and_then_for_a_new_one()
    {
        var first = (Acceptance.Accepted)await Make(once, "body", Accept);

        clock.Now += TimeSpan.FromHours(24) - TimeSpan.FromTicks(1);
        Assert.That(ProblemOf(await Make(once, "other", Accept)), Is.EqualTo(ProblemCode.IdempotencyKeyReused));
        clock.Now += TimeSpan.FromTicks(1);
        var second = (Acceptance.Accepted)await Make(once, "other", Accept);
        var replay = (Acceptance.Replayed)await Make(elsewhere, "other", Accept);

        Assert.That(second.Job.Id, Is.Not.EqualTo(first.Job.Id));
        Assert.That(replay.Job.Id, Is.EqualTo(second.Job.Id));
    }

    [Test]
    public async Task Of_two_processes_that_take_an_expired_key_at_once_one_makes_the_job()
    {
        await Make(once, "body", Accept);
        clock.Now += TimeSpan.FromHours(24);

        var second = await Make(once, "body", async key =>
        {
            await Make(elsewhere, "body", Accept);
            return await Accept(key);
        });

        Assert.That(second, Is.TypeOf<Acceptance.Replayed>());
        Assert.That(await JobRows(), Is.EqualTo(2));
    }

    [TestCase("POST", "/v1/jobs", "body", ExpectedResult = true)]
    [TestCase("POST", "/v1/jobs/job_0/retry", "body", ExpectedResult = false)]
    [TestCase("PUT", "/v1/jobs", "body", ExpectedResult = false)]
    [TestCase("POST", "/v1/jobs", "", ExpectedResult = false)]
    public async Task<bool> A_request_is_the_same_if_method_path_and_body_are(string method, string path, string body)
    {
        await Make(once, "body", Accept);

        return await once.Make(Request(method, path), Account, "key", body, Accept, default) is Acceptance.Replayed;
    }

    [Test]
    public async Task A_key_whose_job_is_gone_is_damage_and_makes_no_other_job()
    {
        var first = (Acceptance.Accepted)await Make(once, "body", Accept);
        await Ledger.DeleteEntityAsync(Account.Value, first.Job.Id.RowKey);

        Assert.ThrowsAsync<InvalidOperationException>(() => Make(once, "body", Accept));
    }

    [Test]
    public async Task Keys_that_expired_are_forgotten_and_nothing_else()
    {
        var forget = new ForgetKeys(tables, clock, NullLogger<ForgetKeys>.Instance);
        await Make(once, "body", Accept, "old");
        var transaction = Enumerable.Range(0, 100).Select(n => new TableTransactionAction(
            TableTransactionActionType.Add,
            new TableEntity(Account.Value, LedgerKeys.Idempotency($"old {n}")) { ["TakenAt"] = clock.Now }));
        await Ledger.SubmitTransactionAsync(transaction);
        clock.Now += TimeSpan.FromHours(1);
        await Make(once, "body", Accept, "young");
        var others = await RowsOfOthers();

        clock.Now += TimeSpan.FromHours(23);
        await forget.Run(new TimerInfo(), default);

        Assert.That(await Rows(LedgerKeys.AllIdempotency(Account.Value)), Is.EqualTo(1));
        Assert.That(await Make(once, "body", Accept, "young"), Is.TypeOf<Acceptance.Replayed>());
        Assert.That(await RowsOfOthers(), Is.EqualTo(others));
    }

    private TableClient Ledger => tables.GetTableClient(StorageNames.LedgerTable);

    private static Task<Acceptance> Make(MakeJobOnce process, string body, Func<FreeKey?, Task<Acceptance>> make, string key = "key") =>
        process.Make(Request("POST", "/v1/jobs"), Account, key, body, make, default);

    private Task<Acceptance> Accept(FreeKey? key)
    {
        var request = new JobRequest { Prompt = "A cat", Model = Catalogue.Default };
        return accept.Take(NewJob.From(Account, JobId.New(clock.Now), request, manifest: null, clock.Now), key, default);
    }

    private static HttpRequest Request(string method, string path) =>
        new DefaultHttpContext { Request = { Method = method, Path = path } }.Request;

    private static ProblemCode? ProblemOf(Acceptance acceptance) => (acceptance as Acceptance.Refused)?.Problem.Code;

    private Task<int> JobRows() => Rows(LedgerKeys.Filter(Account.Value, LedgerKeys.Job("")));

    private async Task<int> RowsOfOthers() =>
        await Rows(LedgerKeys.Filter(Account.Value, "a", "i")) + await Rows(LedgerKeys.Filter(Account.Value, "j", "z"));

    private async Task<int> Rows(string filter)
    {
        var count = 0;
        await foreach (var _ in Ledger.QueryAsync<TableEntity>(filter, select: ["RowKey"])) count++;
        return count;
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
