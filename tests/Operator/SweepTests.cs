using System.Text;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Messages;
using Pipeline.Operator;
using Pipeline.References;
using Pipeline.Storage;
using Pipeline.Tests.Telemetry;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Operator;

/// <summary>The sweeper against real storage, with its requests counted.</summary>
public sealed class SweepTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");

    private CountRequests requests = null!;
    private ServiceProvider services = null!;
    private QueueServiceClient queues = null!;

    [SetUp]
    public async Task Open_an_account()
    {
        requests = new CountRequests();
        var storage = Tests.Storage.NewAccount();
        var tables = new TableServiceClient(storage, requests.In(new TableClientOptions()));
        var blobs = new BlobServiceClient(storage, requests.In(new BlobClientOptions()));
        queues = new QueueServiceClient(storage, requests.In(new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None }));
        var imageApi = new ImageApiOptions { Key = "none" };
        services = new ServiceCollection().AddLogging()
            .AddSingleton(TimeProvider.System).AddSingleton(Random.Shared)
            .AddSingleton(tables).AddSingleton(blobs).AddSingleton(queues).AddSingleton(new PoisonQueues(queues))
            .AddSingleton(new JobOptions()).AddSingleton(imageApi).AddSingleton(new OutgoingOptions())
            .AddSingleton<ResolveHost>((_, _) => throw new InvalidOperationException("A sweep looks up no name."))
            .AddSingleton<GuardedHttp>().AddSingleton<ReferenceStore>().AddSingleton<FetchReference>()
            .AddSingleton(new HttpClient()).AddSingleton(new OutputOptions()).AddSingleton(Catalogue.Load()).AddSingleton<ImageStore>()
            .AddSingleton<DeliveryMessages>().AddSingleton<Ledger>()
            .AddSingleton<JobRow>().AddSingleton<JobTable>().AddSingleton<MessageQueues>().AddSingleton<JobQueues>().AddSingleton<Presets>()
            .AddSingleton<ResolveImages>().AddSingleton<FinishJob>().AddSingleton<EndIdleJob>().AddSingleton<ResendJob>()
            .AddSingleton<EraseImages>().AddSingleton<ManifestTable>().AddSingleton<ManifestTurns>().AddSingleton<ResumeManifest>()
            .AddSingleton<ListFiles>().AddSingleton<RegisterManifest>().AddSingleton<RegisterMissedFiles>()
            .AddSingleton<DeliveryTable>().AddSingleton<ResendDelivery>().AddSingleton<SettlePoison>().AddSingleton<Sweep>()
            .BuildServiceProvider();
        await new CreateStorage(tables, blobs, queues).StartingAsync(default);
        await Table(StorageNames.AccountsTable).AddEntityAsync(AccountKeys.AccountRow(Account, "Demo", DateTimeOffset.UtcNow));
        await services.GetRequiredService<Ledger>().Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);
    }

    [TearDown]
    public async Task Close() => await services.DisposeAsync();

    [Test]
    public async Task Jobs_that_are_done_and_messages_that_are_kept_cost_it_nothing()
    {
        var before = await CostOfASweep();
        // More rows than the service gives in one answer.
        for (var batch = 0; batch < 11; batch++)
        {
            await Table(StorageNames.LedgerTable).SubmitTransactionAsync(
                Enumerable.Range(0, 100).Select(_ => Add(JobRow.Whole(NewJob() with { Status = JobStatus.Succeeded }))));
            await Table(StorageNames.PoisonTable).SubmitTransactionAsync(Enumerable.Range(0, 100).Select(_ => Add(Kept().ToRow())));
        }

        Assert.That(await CostOfASweep(), Is.EqualTo(before));
        Assert.That(
            before, Is.EqualTo(16),
            "six poison queues, four lanes, the queues of manifests and deliveries, the accounts, of the one account what is due and "
            + "deleted, and the files of manifests");
    }

    [Test]
    public async Task It_takes_so_many_poison_messages_and_leaves_the_rest_to_the_next()
    {
        var queue = Poison(StorageNames.LargeQueue);
        await Parallel.ForAsync(0, SettlePoison.MessagesMax + 3, async (n, cancel) => await queue.SendMessageAsync($"no job {n}", cancel));

        using var measured = new Measured();
        Assert.That((await Poisoned(), await Poisoned(), await Poisoned()), Is.EqualTo((SettlePoison.MessagesMax, 3, 0)));
        Assert.That(measured.Of($"pipeline.poison.messages queue={StorageNames.LargeQueue}").Sum(), Is.EqualTo(323));
    }

    [Test]
    public async Task A_poison_queue_that_is_not_there_is_made_and_is_no_failed_request_in_every_minutes_log()
    {
        await queues.DeleteQueueAsync(StorageNames.PoisonOf(StorageNames.StandardQueue));
        await Poison(StorageNames.LargeQueue).SendMessageAsync("no job");

        Assert.That(await Poisoned(), Is.EqualTo(1));
        var refused = requests.Refused;
        await Poisoned();

        Assert.That(requests.Refused, Is.EqualTo(refused));
    }

    [Test]
    public async Task A_message_that_another_sweep_took_or_deleted_is_no_fault()
    {
        var poison = services.GetRequiredService<PoisonQueues>();
        var queue = Poison(StorageNames.LargeQueue);
        await queue.SendMessageAsync("no job");
        var message = (await poison.Receive(StorageNames.LargeQueue, default)).Single();
        var other = await queue.UpdateMessageAsync(message.MessageId, message.PopReceipt, visibilityTimeout: TimeSpan.FromMinutes(1));

        await poison.Delete(StorageNames.LargeQueue, message, default);
        Assert.That((await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount, Is.EqualTo(1), "it is the other's");

        await queue.DeleteMessageAsync(message.MessageId, other.Value.PopReceipt);
        await poison.Delete(StorageNames.LargeQueue, message, default);
    }

    [Test]
    public async Task A_poison_queue_that_cannot_be_read_holds_up_nothing_else()
    {
        await Poison(StorageNames.LargeQueue).SendMessageAsync("no job");
        requests.Refusing = StorageNames.PoisonOf(StorageNames.StandardQueue);

        Assert.That(await Poisoned(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_message_whose_job_cannot_be_read_now_stays_and_holds_up_no_other()
    {
        var job = NewJob();
        await services.GetRequiredService<Ledger>().Commit(
            Account, balance => AcceptJob.Hold(balance, job, DateTimeOffset.MaxValue), default);
        var body = JsonSerializer.Serialize(new { account = Account.Value, job = job.Id.Value });
        await Poison(StorageNames.LargeQueue).SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(body)));
        await Poison(StorageNames.LargeQueue).SendMessageAsync("no job");
        requests.Refusing = job.Id.RowKey;

        Assert.That(await Poisoned(), Is.EqualTo(1));
        var left = (await Poison(StorageNames.LargeQueue).GetPropertiesAsync()).Value;
        Assert.That(left.ApproximateMessagesCount, Is.EqualTo(1), "storage that is away is no damage");
    }

    [TestCase(StorageNames.StandardQueue)]
    [TestCase(StorageNames.LargeQueue)]
    public async Task What_was_left_to_a_backlog_gets_its_message_when_no_message_waits_any_more(string busy)
    {
        var job = await Hold(NewJob(), hold => hold with { Due = DateTimeOffset.UtcNow.AddHours(1), Left = 1 });
        var other = await queues.GetQueueClient(busy).SendMessageAsync("of another job");

        var inTheBacklog = await SweepNow();
        await queues.GetQueueClient(busy).DeleteMessageAsync(other.Value.MessageId, other.Value.PopReceipt);
        var after = await SweepNow();
        var further = await SweepNow();

        Assert.That(Looked(inTheBacklog), Is.EqualTo((0, 0)));
        Assert.That(Looked(after), Is.EqualTo((1, 1)));
        Assert.That(Looked(further), Is.EqualTo((0, 0)), "it has a message now");
        var message = (await queues.GetQueueClient(StorageNames.StandardQueue).ReceiveMessageAsync()).Value;
        Assert.That(message.Body.ToString(), Does.Contain(job.Id.Value));
    }

    [Test]
    public async Task Lanes_that_cannot_be_looked_at_hold_up_nothing_else()
    {
        var late = NewJob() with { StartBefore = DateTimeOffset.UtcNow.AddSeconds(-1) };
        await Hold(late, hold => hold);
        requests.Refusing = "peekonly";

        Assert.That(Looked(await SweepNow()), Is.EqualTo((1, 1)));
        var ended = await services.GetRequiredService<JobTable>().Read(Account, late.Id, default);
        Assert.That(ended!.Status, Is.EqualTo(JobStatus.Expired));
    }

    /// <summary>Accepts a job whose hold is due, or as is said.</summary>
    private async Task<Job> Hold(Job job, Func<OpenHold, OpenHold> change)
    {
        await services.GetRequiredService<Ledger>().Commit(
            Account, balance => AcceptJob.Hold(balance, job, DateTimeOffset.UtcNow.AddSeconds(-1)), default);
        var table = Table(StorageNames.LedgerTable);
        var row = (await table.GetEntityAsync<TableEntity>(Account.Value, LedgerKeys.Open(job.Id.Value))).Value!;
        await table.UpdateEntityAsync(change(OpenHold.FromRow(row)).ToRow(), ETag.All, TableUpdateMode.Replace);
        return job;
    }

    private static (int Looked, int Resumed) Looked(JsonElement sweep) =>
        (sweep.GetProperty("looked").GetInt32(), sweep.GetProperty("resumed").GetInt32());

    private QueueClient Poison(string lane) => queues.GetQueueClient(StorageNames.PoisonOf(lane));

    private TableClient Table(string name) => services.GetRequiredService<TableServiceClient>().GetTableClient(name);

    private static TableTransactionAction Add(TableEntity row) => new(TableTransactionActionType.Add, row);

    private async Task<int> CostOfASweep()
    {
        var before = requests.Count;
        await SweepNow();
        return requests.Count - before;
    }

    private async Task<int> Poisoned() => (await SweepNow()).GetProperty("poisoned").GetInt32();

    private async Task<JsonElement> SweepNow()
    {
        using var body = new MemoryStream();
        var http = new DefaultHttpContext { RequestServices = services };
        http.Response.Body = body;
        await (await services.GetRequiredService<Sweep>().RunNow(http.Request, default)).ExecuteAsync(http);
        return JsonElement.Parse(body.ToArray());
    }

    private static Job NewJob()
    {
        var now = DateTimeOffset.UtcNow;
        return Pipeline.Jobs.NewJob.From(
            Account, JobId.New(now), new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Default }, null, now);
    }

    private static PoisonMessage Kept()
    {
        var now = DateTimeOffset.UtcNow;
        var message = QueuesModelFactory.QueueMessage(Guid.NewGuid().ToString(), "", "x", 1, null, now);
        return PoisonMessage.Of(StorageNames.StandardQueue, message, null, PoisonReason.Unreadable, "x", now);
    }
}
