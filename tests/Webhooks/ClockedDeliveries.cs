using System.Text.Json;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Messages;
using Pipeline.Storage;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>The worker of deliveries on a hand-moved clock: real rows, real HTTP, and a queue that goes by that clock.</summary>
internal sealed class ClockedDeliveries : IDisposable
{
    /// <summary>Messages worked on at once.</summary>
    private const int AtOnceMax = 128;

    private readonly GuardedHttp guarded;
    private readonly DeliverWebhook deliver;
    private readonly TableClient table;
    private int working;

    public ClockedDeliveries(WebhookOptions? options = null)
    {
        Tables = new TableServiceClient(Tests.Storage.NewAccount());
        table = Tables.GetTableClient(StorageNames.LedgerTable);
        Queue = new ClockedQueue(Time);
        Messages = new DeliveryMessages(new MessageQueues(new ClockedQueues(Queue), Time), NullLogger<DeliveryMessages>.Instance);
        Ledger = new Ledger(Tables, new TimeOf(Time), new Random(7), NullLogger<Ledger>.Instance);
        Webhooks = new WebhookTable(Tables, Time);
        Rows = new DeliveryTable(Tables);
        guarded = new GuardedHttp(
            new OutgoingOptions { AllowLoopback = true }, (_, _) => throw new InvalidOperationException("No name is looked up."), Time);
        options ??= new WebhookOptions { AtOncePerEndpointMax = 32, AtOncePerAccountMax = 64, AtOnceMax = 256 };
        deliver = new DeliverWebhook(
            new DeliveryPlaces(options), Rows, Webhooks,
            new CallEndpoint(guarded, new PublicUrls(new HttpOptions(), "localhost:7071"), Time),
            new WatchEndpoint(Webhooks, Ledger, NullLogger<WatchEndpoint>.Instance), Messages, new Random(11), Time,
            NullLogger<DeliverWebhook>.Instance);
    }

    public MovedTime Time { get; } = new();

    public TableServiceClient Tables { get; }

    public ClockedQueue Queue { get; }

    public DeliveryMessages Messages { get; }

    public Ledger Ledger { get; }

    public WebhookTable Webhooks { get; }

    public DeliveryTable Rows { get; }

    /// <summary>An account with an endpoint, and the secret that its receiver knows.</summary>
    public async Task<(AccountId Account, WebhookSecret Secret)> Account(string id, string url)
    {
        await Tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        var account = AccountId.Parse(id);
        await Ledger.Open(account, null, default);
        var secret = WebhookSecret.New();
        await Webhooks.Change(
            account, _ => new Webhook
            {
                Account = account,
                Secrets = WebhookSecrets.Of(secret),
                Url = new Uri(url),
                Wanted = EventFilter.All,
                UpdatedAt = Time.GetUtcNow(),
            },
            default);
        return (account, secret);
    }

    /// <summary>Has so many events happen in one transaction.</summary>
    public async Task<IReadOnlyList<Delivery>> Happen(AccountId account, int count, string? ownUrl = null)
    {
        var events = Enumerable.Range(0, count).Select(number =>
            NewEvent.Of("job.succeeded", new { id = $"{account} {number}", url = "v1/jobs/x" }) with { OwnUrl = ownUrl });
        var decision = new Decision.Accept([], []) { Events = [.. events] };
        var committed = (CommitResult.Committed)await Ledger.Commit(account, _ => decision, default);
        await Messages.Announce(committed.Deliveries);
        return committed.Deliveries;
    }

    /// <summary>Works until no message waits: moves the clock to the next one, and by a call's limit whenever all calls hang.</summary>
    /// <param name="hanging">How many calls the receivers hold without an answer.</param>
    /// <param name="onTime">Told each time that the clock is moved.</param>
    public async Task RunDry(Func<int> hanging, Func<DateTimeOffset, Task> onTime)
    {
        while (Queue.Next is { } next)
        {
            if (next > Time.GetUtcNow()) Time.Move(next - Time.GetUtcNow());
            await onTime(Time.GetUtcNow());
            await RunDue(hanging);
        }
    }

    /// <summary>Works on what is due now.</summary>
    public async Task RunDue(Func<int> hanging)
    {
        while (Queue.Take(AtOnceMax) is { Count: > 0 } messages)
        {
            working = messages.Count;
            var work = Task.WhenAll(messages.Select(Run));
            while (!work.IsCompleted)
            {
                // All that is left hangs: nothing else will happen before the calls' time is over.
                if (hanging() is var calls and > 0 && calls == Volatile.Read(ref working)) Time.Move(CallEndpoint.Limit);
                await Task.WhenAny(work, Task.Delay(2));
            }

            await work;
        }
    }

    /// <summary>All rows of an account whose keys begin so.</summary>
    public async Task<List<TableEntity>> RowsOf(AccountId account, string prefix)
    {
        var rows = new List<TableEntity>();
        await foreach (var row in table.QueryAsync<TableEntity>(LedgerKeys.Filter(account.Value, prefix))) rows.Add(row);
        return rows;
    }

    public async Task<List<Delivery>> Done(AccountId account) => [.. (await RowsOf(account, "delivery~")).Select(Delivery.FromRow)];

    public async Task<List<Delivery>> Pending(AccountId account) => [.. (await RowsOf(account, "out~")).Select(Delivery.FromRow)];

    /// <summary>Works on a message, as the host would hand it over.</summary>
    public Task Run(DeliveryMessage message, CancellationToken cancel = default) => deliver.Run(message, cancel);

    public void Dispose() => guarded.Dispose();

    /// <summary>Tells the clock's time, and waits in real time: after a conflict nobody would move the clock for the ledger.</summary>
    private sealed class TimeOf(MovedTime clock) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();
    }

    private async Task Run(ClockedMessage message)
    {
        try
        {
            await Task.Yield();
            await deliver.Run(JsonSerializer.Deserialize<DeliveryMessage>(message.Text, Json.Options)!, default);
        }
        finally
        {
            Interlocked.Decrement(ref working);
        }
    }
}
