using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Storage;
using Pipeline.Tests.Credits;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>Changes of an account's endpoint and secrets, by several at once and with lost answers.</summary>
public sealed class WebhookTableTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");

    private string storage = "";

    [SetUp]
    public async Task Open_an_account()
    {
        storage = Tests.Storage.NewAccount();
        await new TableServiceClient(storage).CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        await TestLedger.Of(storage).Open(Account, null, default);
    }

    /// <summary>The secret is shown only by the answer to the request that made it: whoever is told of another has none.</summary>
    [Test]
    public async Task A_secret_that_was_made_is_the_one_that_counts_although_the_answer_of_storage_was_lost([Values(0, 1)] int made)
    {
        for (var n = 0; n < made; n++) await Table().Change(Account, Save(WebhookSecret.New()), default);
        var secret = WebhookSecret.New();

        var (_, after) = await Table(new FailingTransactions(Loss.Answer, rate: 0.5, seed: 1)).Change(Account, Rotate(secret), default);

        Assert.That(after!.Secrets.Current, Is.EqualTo(secret));
        Assert.That((await Table().Find(Account, default))!.Secrets.Current, Is.EqualTo(secret));
    }

    [Test]
    public async Task Of_many_rotations_at_once_each_meets_what_the_one_before_left()
    {
        await Table().Change(Account, Save(WebhookSecret.New()), default);
        var secrets = Enumerable.Range(0, 6).Select(_ => WebhookSecret.New()).ToList();

        var befores = await Task.WhenAll(secrets.Select(async secret => (await Table().Change(Account, Rotate(secret), default)).Before));

        Assert.That(befores.Select(before => before!.Secrets.Current), Is.Unique, "none was rotated twice, and none was left out");
    }

    [Test]
    public async Task Of_deliveries_that_need_the_first_secret_at_once_all_get_the_same()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Table().FindOrMake(Account, default)));

        Assert.That(made.Select(webhook => webhook.Secrets.Current).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task What_an_endpoint_wants_is_on_the_accounts_row_with_it()
    {
        await Table().Change(Account, Save(WebhookSecret.New()), default);
        var row = await AccountRow.Read(new TableServiceClient(storage).GetTableClient(StorageNames.LedgerTable), Account, default);

        Assert.That(row!.Wanted.Types, Is.EqualTo(new[] { "job.failed" }));
    }

    private static Func<Webhook?, Webhook?> Save(WebhookSecret secret) => _ => new Webhook
    {
        Account = Account,
        Secrets = WebhookSecrets.Of(secret),
        Url = new Uri("https://example.com/hook"),
        Wanted = EventFilter.Of(["job.failed"]),
    };

    private static Func<Webhook?, Webhook?> Rotate(WebhookSecret secret) => before =>
        before is null ? Save(secret)(null)
        : before.Secrets.Current == secret ? null
        : before with { Secrets = before.Secrets.Rotate(secret, DateTimeOffset.UnixEpoch) };

    private WebhookTable Table(HttpPipelinePolicy? policy = null)
    {
        var options = new TableClientOptions { Retry = { MaxRetries = 5, Delay = TimeSpan.FromMilliseconds(1) } };
        if (policy is not null) options.AddPolicy(policy, HttpPipelinePosition.PerRetry);
        return new WebhookTable(new TableServiceClient(storage, options), TimeProvider.System);
    }
}
