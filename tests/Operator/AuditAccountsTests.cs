using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Operator;
using Pipeline.Storage;
using Pipeline.Tests.Telemetry;

namespace Pipeline.Tests.Operator;

/// <summary>At night the books of all accounts are verified, and what is wrong with one keeps no other from its turn.</summary>
public sealed class AuditAccountsTests
{
    private readonly Kept log = new();
    private readonly MovedTime time = new();
    private TableServiceClient tables = null!;
    private AuditAccounts nightly = null!;
    private string storage = "";

    [SetUp]
    public async Task Three_accounts()
    {
        log.Lines.Clear();
        var storage = Tests.Storage.NewAccount();
        tables = new TableServiceClient(storage);
        foreach (var name in new[] { StorageNames.LedgerTable, StorageNames.AccountsTable }) await tables.CreateTableIfNotExistsAsync(name);
        var ledger = new Ledger(tables, time, new Random(1), new Microsoft.Extensions.Logging.Abstractions.NullLogger<Ledger>());
        foreach (var id in new[] { "anna", "bert", "carl" })
        {
            var account = AccountId.Parse(id);
            await tables.GetTableClient(StorageNames.AccountsTable).AddEntityAsync(AccountKeys.AccountRow(account, id, time.GetUtcNow()));
            await ledger.Open(account, new Transfer(TransferKind.Grant, 100, Ledger.OpeningReference), default);
        }

        var audit = new AuditAccount(
            tables, new BlobServiceClient(storage), new JobRow(Catalogue.Load()), new AuditOptions(), TimeProvider.System);
        nightly = new AuditAccounts(tables, audit, new Random(2), time, log);
        this.storage = storage;
    }

    [Test]
    public async Task Where_all_is_right_nothing_is_told_but_that()
    {
        await nightly.Run(new TimerInfo(), default);

        Assert.That(log.Lines, Is.EqualTo(new[] { "Information: The books of 3 accounts were looked at; those of 3 are right." }));
    }

    [Test]
    public async Task Books_that_are_wrong_are_told_as_critical_with_the_check_and_the_others_are_verified_all_the_same()
    {
        var table = tables.GetTableClient(StorageNames.LedgerTable);
        var row = (await table.GetEntityAsync<TableEntity>("bert", LedgerKeys.Account)).Value;
        row["Available"] = 1_000_000L;
        await table.UpdateEntityAsync(row, row.ETag, TableUpdateMode.Replace);
        await table.DeleteEntityAsync("carl", LedgerKeys.Account);

        using var measured = new Measured();
        await nightly.Run(new TimerInfo(), default);

        Assert.That(measured.Of("pipeline.audits result=wrong"), Is.EqualTo(new[] { 1, 1 }));
        Assert.That(measured.Of("pipeline.audits result=ok"), Is.EqualTo(new[] { 1 }));
        Assert.That(log.Lines, Has.Some.StartsWith("Critical: bert: its books are wrong, by the check balance_sound"));
        Assert.That(log.Lines, Has.Some.StartsWith("Critical: carl: its books are wrong, by the check account_row"));
        Assert.That(log.Lines, Has.None.Contains("anna").And.Some.Contains("those of 1 are right"));
    }

    [Test]
    public void Storage_that_is_away_is_told_of_each_account()
    {
        var away = new AuditAccount(
            new TableServiceClient("DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;TableEndpoint=http://127.0.0.1:9/a;",
                new TableClientOptions { Retry = { MaxRetries = 0 } }),
            new BlobServiceClient(Tests.Storage.NewAccount()), new JobRow(Catalogue.Load()), new AuditOptions(), TimeProvider.System);

        using var measured = new Measured();
        Assert.DoesNotThrowAsync(() => new AuditAccounts(tables, away, new Random(2), time, log).Run(new TimerInfo(), default));

        Assert.That(measured.Of("pipeline.audits result=unread"), Is.EqualTo(new[] { 1, 1, 1 }));
        Assert.That(log.Lines, Has.Exactly(3).StartsWith("Error:").And.Exactly(3).Contains("could not be verified"));
    }

    [Test]
    public async Task The_next_night_begins_where_a_good_one_ended()
    {
        await nightly.Run(new TimerInfo(), default);
        var table = tables.GetTableClient(StorageNames.LedgerTable);
        var row = (await tables.GetTableClient(StorageNames.AccountsTable).GetEntityAsync<TableEntity>("account", "bert")).Value;
        Assert.That(row.GetInt64(AccountKeys.AuditedVersion), Is.EqualTo(1));

        var entry = (await table.GetEntityAsync<TableEntity>("bert", LedgerKeys.Entry(1))).Value;
        Assert.That(row.GetString(AccountKeys.AuditedHash), Is.EqualTo(entry.GetString("Hash")));
        row[AccountKeys.AuditedHash] = new string('0', 64);
        await tables.GetTableClient(StorageNames.AccountsTable).UpdateEntityAsync(row, row.ETag);
        await nightly.Run(new TimerInfo(), default);

        Assert.That(log.Lines, Has.Some.Contains("entry 1 is not the one that the checkpoint was given for"));
    }

    /// <summary>It would else begin after what was not checked.</summary>
    [Test]
    public async Task After_a_night_in_which_a_busy_account_kept_a_check_from_being_made_the_next_begins_where_that_one_did()
    {
        var ledger = new Ledger(tables, time, new Random(1), new Microsoft.Extensions.Logging.Abstractions.NullLogger<Ledger>());
        var busy = new Busy(() => ledger.Commit(
            AccountId.Parse("bert"), _ => new Decision.Accept([new Transfer(TransferKind.Grant, 1, $"{Guid.NewGuid()}")], []), default));
        var options = new TableClientOptions();
        options.AddPolicy(busy, HttpPipelinePosition.PerCall);
        var audit = new AuditAccount(
            new TableServiceClient(storage, options), new BlobServiceClient(storage), new JobRow(Catalogue.Load()), new AuditOptions(),
            time);

        using var measured = new Measured();
        await new AuditAccounts(tables, audit, new Random(2), time, log).Run(new TimerInfo(), default);

        Assert.That(measured.Of("pipeline.audits result=partial"), Is.EqualTo(new[] { 1 }));
        Assert.That(log.Lines, Is.EqualTo(new[] { "Information: The books of 3 accounts were looked at; those of 2 are right." }));
        Assert.That(await Reached("bert"), Is.Null);
        Assert.That(await Reached("anna"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_night_without_accounts_is_told_too_so_that_silence_means_that_it_did_not_run()
    {
        foreach (var id in new[] { "anna", "bert", "carl" })
            await tables.GetTableClient(StorageNames.AccountsTable).DeleteEntityAsync(AccountKeys.AccountPartition, id);

        using var measured = new Measured();
        await nightly.Run(new TimerInfo(), default);

        Assert.That(measured.Of("pipeline.audits result=none"), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public async Task A_row_of_the_list_that_is_no_account_keeps_no_other_from_its_turn()
    {
        await tables.GetTableClient(StorageNames.AccountsTable).AddEntityAsync(new TableEntity("account", "Not an id!"));

        await nightly.Run(new TimerInfo(), default);

        Assert.That(log.Lines, Has.Exactly(1).StartsWith("Error: Not an id!: its books could not be verified"));
        Assert.That(log.Lines, Has.Some.Contains("those of 3 are right"));
    }

    [Test]
    public async Task What_does_not_fit_into_the_time_is_told_and_left_to_another_night()
    {
        var slow = new TableServiceClient(storage, new Later(time, TimeSpan.FromMinutes(4)).In(new TableClientOptions()));
        var audit = new AuditAccount(slow, new BlobServiceClient(storage), new JobRow(Catalogue.Load()), new AuditOptions(), time);

        await new AuditAccounts(tables, audit, new Random(2), time, log).Run(new TimerInfo(), default);

        Assert.That(log.Lines, Has.Some.Contains("could not be verified within 00:05:00"));
        Assert.That(log.Lines, Has.Some.EqualTo("Warning: Only the books of 1 of 3 accounts were looked at within 00:08:00."));
    }

    private async Task<long?> Reached(string account)
    {
        var row = await tables.GetTableClient(StorageNames.AccountsTable)
            .GetEntityAsync<TableEntity>(AccountKeys.AccountPartition, account);
        return row.Value.GetInt64(AccountKeys.AuditedVersion);
    }

    /// <summary>An account changes whenever its open holds are read.</summary>
    private sealed class Busy(Func<Task> change) : HttpPipelinePolicy
    {
        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            var asked = Uri.UnescapeDataString(message.Request.Uri.Query);
            if (asked.Contains($"'bert' and RowKey ge '{LedgerKeys.Open("")}'", StringComparison.Ordinal)) await change();
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }

    /// <summary>Each request to storage takes so long, on the clock of the test.</summary>
    private sealed class Later(MovedTime time, TimeSpan step) : HttpPipelineSynchronousPolicy
    {
        public T In<T>(T options)
            where T : ClientOptions
        {
            options.AddPolicy(this, HttpPipelinePosition.PerCall);
            return options;
        }

        public override void OnSendingRequest(HttpMessage message) => time.Move(step);
    }

    /// <summary>A log that is kept, as level and text.</summary>
    private sealed class Kept : ILogger<AuditAccounts>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{logLevel}: {formatter(state, exception)}");
    }
}
