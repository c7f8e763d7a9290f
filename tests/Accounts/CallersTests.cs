using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;
using Pipeline.Tests.Credits;

namespace Pipeline.Tests.Accounts;

/// <summary>How long a key is believed without looking, and how often its use is written down.</summary>
public sealed class CallersTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");

    private readonly ApiKey key = ApiKey.New();

    private string storage = "";
    private TableClient keys = null!;
    private TableClient ledger = null!;
    private MovedTime time = null!;
    private RequestRate rate = null!;
    private CountRequests requests = null!;
    private Callers callers = null!;

    [SetUp]
    public async Task Open_an_account()
    {
        storage = Pipeline.Tests.Storage.NewAccount();
        time = new MovedTime();
        rate = new RequestRate();
        requests = new CountRequests();
        callers = new Callers(new TableServiceClient(storage, requests.In(new TableClientOptions())), rate, time);

        var tables = new TableServiceClient(storage);
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        await tables.CreateTableIfNotExistsAsync(StorageNames.AccountsTable);
        (keys, ledger) = (tables.GetTableClient(StorageNames.AccountsTable), tables.GetTableClient(StorageNames.LedgerTable));
        await TestLedger.Of(storage, time: time).Open(Account, null, default);
        await keys.AddEntityAsync(AccountKeys.KeyRow(key, Account, time.GetUtcNow()));
    }

    [TearDown]
    public void Stop() => rate.Dispose();

    [Test]
    public async Task A_key_in_use_is_read_every_30_s_and_its_use_is_written_every_10_minutes()
    {
        Assert.That(await Requests(), Is.EqualTo(3), "the key, its use and the limits");
        for (var second = 30; second < 600; second += 30)
        {
            Assert.That(await Requests(), Is.Zero, "it is believed");
            time.Move(TimeSpan.FromSeconds(30));
            Assert.That(await Requests(), Is.EqualTo(2), $"the key and the limits, after {second} s");
        }

        var firstUse = time.GetUtcNow() - TimeSpan.FromSeconds(570);
        Assert.That(await LastUsedAt(), Is.EqualTo(firstUse));

        time.Move(TimeSpan.FromSeconds(30));
        Assert.That(await Requests(), Is.EqualTo(3));
        Assert.That(await LastUsedAt(), Is.EqualTo(firstUse.AddMinutes(10)));
    }

    [TestCase("")]
    [TestCase("Bearer")]
    [TestCase("Bearer nb_short")]
    [TestCase("Basic {key}")]
    [TestCase("{key}")]
    [TestCase("Bearer {key}x")]
    public async Task What_is_no_key_costs_no_request(string header)
    {
        Assert.That(await Authenticate(callers, header.Replace("{key}", key.Value, StringComparison.Ordinal)), Is.Null);
        Assert.That(requests.Count, Is.Zero);
    }

    [Test]
    public async Task A_key_that_another_instance_revoked_opens_nothing_after_30_s()
    {
        await Authenticate(callers);
        await keys.DeleteEntityAsync(AccountKeys.KeyPartition, key.Hash);

        time.Move(Callers.RememberFor - TimeSpan.FromMilliseconds(1));
        Assert.That(await Authenticate(callers), Is.EqualTo(Account), "not known yet");
        time.Move(TimeSpan.FromMilliseconds(1));
        Assert.That(await Authenticate(callers), Is.Null);
        Assert.That(await Authenticate(callers), Is.Null);
    }

    [Test]
    public async Task A_key_that_this_instance_revoked_opens_nothing_any_more()
    {
        await Authenticate(callers);

        await Revoke(callers);

        Assert.That(await Authenticate(callers), Is.Null);
    }

    [Test]
    public async Task Noting_its_use_does_not_bring_a_key_back_that_is_revoked_in_that_moment()
    {
        var meanwhile = new Meanwhile(request => request.Method != RequestMethod.Get);
        var others = meanwhile.CallersOf(storage, rate, time);
        meanwhile.Does = () => keys.DeleteEntityAsync(AccountKeys.KeyPartition, key.Hash);

        Assert.That(await Authenticate(others), Is.Null);
        Assert.That(meanwhile.WasDone, Is.True);
        Assert.That((await keys.GetEntityIfExistsAsync<TableEntity>(AccountKeys.KeyPartition, key.Hash)).HasValue, Is.False);
    }

    [Test]
    public async Task A_key_that_is_revoked_while_it_is_looked_up_is_not_remembered()
    {
        var meanwhile = new Meanwhile(request => request.Uri.ToString().Contains("/ledger(", StringComparison.Ordinal));
        var others = meanwhile.CallersOf(storage, rate, time);
        meanwhile.Does = () => Revoke(others);

        // It was good when this request came.
        await Authenticate(others);

        Assert.That(meanwhile.WasDone, Is.True);
        Assert.That(await Authenticate(others), Is.Null);
    }

    [Test]
    public async Task A_limit_that_another_instance_set_counts_after_30_s()
    {
        await Authenticate(callers);
        var row = new TableEntity(Account.Value, LedgerKeys.Account);
        (AccountLimits.None with { RequestsPerMinute = 1 }).WriteTo(row);
        await ledger.UpdateEntityAsync(row, ETag.All, TableUpdateMode.Merge);

        time.Move(Callers.RememberFor - TimeSpan.FromMilliseconds(1));
        for (var request = 0; request < 3; request++) Assert.That(await Authenticate(callers), Is.EqualTo(Account), "not known yet");

        time.Move(TimeSpan.FromMilliseconds(1));
        Assert.That(await Authenticate(callers), Is.EqualTo(Account));
        var refused = Assert.ThrowsAsync<RefusedException>(() => Authenticate(callers));
        Assert.That(refused!.Problem.Code, Is.EqualTo(ProblemCode.TooManyRequests));
        Assert.That(refused.Problem.RetryAfter, Is.GreaterThan(TimeSpan.Zero).And.LessThanOrEqualTo(TimeSpan.FromMinutes(1)));
    }

    private async Task<int> Requests()
    {
        var before = requests.Count;
        Assert.That(await Authenticate(callers), Is.EqualTo(Account));
        return requests.Count - before;
    }

    private Task<AccountId?> Authenticate(Callers by, string? header = null)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Authorization = header ?? $"Bearer {key.Value}";
        return by.Authenticate(http.Request, default);
    }

    private async Task Revoke(Callers by)
    {
        await keys.DeleteEntityAsync(AccountKeys.KeyPartition, key.Hash);
        by.Forget(key.Hash);
    }

    private async Task<DateTimeOffset?> LastUsedAt() =>
        (await keys.GetEntityAsync<TableEntity>(AccountKeys.KeyPartition, key.Hash)).Value.GetDateTimeOffset(AccountKeys.LastUsedAt);

    /// <summary>Lets something happen once, before the first request of some kind goes on.</summary>
    private sealed class Meanwhile(Func<Request, bool> isThen) : HttpPipelinePolicy
    {
        public Func<Task>? Does { get; set; }

        public bool WasDone { get; private set; }

        public Callers CallersOf(string storage, RequestRate rate, TimeProvider time)
        {
            var options = new TableClientOptions();
            options.AddPolicy(this, HttpPipelinePosition.PerRetry);
            return new Callers(new TableServiceClient(storage, options), rate, time);
        }

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            if (Does is { } does && isThen(message.Request))
            {
                Does = null;
                await does();
                WasDone = true;
            }

            await ProcessNextAsync(message, pipeline);
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }
}
