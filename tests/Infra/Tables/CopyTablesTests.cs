using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.CopyTables;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;
using Pipeline.Tests.Credits;

namespace Pipeline.Tests.Infra.Tables;

/// <summary>Tables that were copied into files and back are the same tables, and their books are right.</summary>
public sealed class CopyTablesTests
{
    private const string Books = "ledger/anna.jsonl.gz";

    /// <summary>More than fit into two transactions.</summary>
    private const int Grants = 250;

    private DirectoryInfo parent = null!;
    private string folder = "";
    private string storage = "";
    private string elsewhere = "";

    [SetUp]
    public async Task Two_accounts()
    {
        parent = Directory.CreateTempSubdirectory("pipeline-backup-");
        folder = Path.Combine(parent.FullName, "monday");
        (storage, elsewhere) = (Tests.Storage.NewAccount(), Tests.Storage.NewAccount());
        foreach (var table in StorageNames.Tables) await Client(storage).CreateTableIfNotExistsAsync(table);
        var ledger = TestLedger.Of(storage);
        foreach (var id in new[] { "anna", "bert" })
        {
            await Table(storage, "accounts").AddEntityAsync(AccountKeys.AccountRow(AccountId.Parse(id), id, DateTimeOffset.UtcNow));
            await ledger.Open(AccountId.Parse(id), new Transfer(TransferKind.Grant, 100, Ledger.OpeningReference), default);
        }

        await Task.WhenAll(Enumerable.Range(0, Grants).Select(n => Grant(ledger, $"grant {n}")));
    }

    [TearDown]
    public void Remove_the_files() => parent.Delete(recursive: true);

    [Test]
    public async Task What_was_exported_and_imported_are_the_same_rows_and_right_books()
    {
        var backup = await Export();
        var others = await Import();

        Assert.That(others, Is.Empty);
        Assert.That(backup.Files.Select(file => (file.Name, file.IsTorn)), Is.EqualTo(new[]
        {
            (Books, false), ("ledger/bert.jsonl.gz", false), ("accounts/account.jsonl.gz", false),
        }));
        Assert.That(backup.Files[0].Rows, Is.GreaterThan(Grants));
        foreach (var table in StorageNames.Tables) Assert.That(await Rows(elsewhere, table), Is.EqualTo(await Rows(storage, table)), table);
        Assert.That(await FaultsOf("anna"), Is.Empty);
        await Grant(TestLedger.Of(elsewhere), "they go on");
        Assert.That(await FaultsOf("anna"), Is.Empty);
    }

    [Test]
    public async Task Books_that_moved_while_they_were_read_are_read_again()
    {
        var (ledger, left) = (TestLedger.Of(storage), 2);
        var busy = new Meanwhile(() => left-- > 0 ? Grant(ledger, $"meanwhile {left}") : Task.FromResult<CommitResult>(null!));

        var backup = await Export(busy);
        await Import();

        Assert.That(backup.Files[0].IsTorn, Is.False);
        Assert.That(await FaultsOf("anna"), Is.Empty);
        Assert.That(await Rows(elsewhere, "ledger"), Is.EqualTo(await Rows(storage, "ledger")));
    }

    [Test]
    public async Task Books_that_never_rest_are_torn_and_come_back_only_to_those_who_want_them_so()
    {
        var (ledger, grants) = (TestLedger.Of(storage), 0);

        var backup = await Export(new Meanwhile(() => Grant(ledger, $"meanwhile {grants++}")));

        Assert.That(backup.Files.Where(file => file.IsTorn).Select(file => file.Name), Is.EqualTo(new[] { Books }));
        Assert.That(grants, Is.EqualTo(ExportTables.ReadingsMax));
        Assert.That(() => Import(), Throws.TypeOf<CopyFailedException>().With.Message.Contains("changed while it was read"));
        Assert.That(await Rows(elsewhere, "ledger"), Is.Empty);
        await Import(withTorn: true);
        Assert.That(await Rows(elsewhere, "ledger"), Is.Not.Empty);
    }

    [Test]
    public async Task An_import_that_broke_off_is_run_again()
    {
        await Export();
        var sent = 0;
        var breaks = new Meanwhile(() => ++sent == 3 ? throw new IOException("The line is cut.") : Task.CompletedTask);

        Assert.That(() => Import(policy: breaks), Throws.InstanceOf<IOException>().Or.InnerException.InstanceOf<IOException>());
        Assert.That((await Rows(elsewhere, "ledger")), Has.Some.Contains("entry~").And.None.Contains("\"account\""));
        await Import();
        await Import();

        Assert.That(await Rows(elsewhere, "ledger"), Is.EqualTo(await Rows(storage, "ledger")));
    }

    [Test]
    public async Task Rows_that_were_lost_come_back_where_nothing_moved_since()
    {
        await Export();
        await Import();
        foreach (var entry in new[] { 2, 77 }) await Table(elsewhere, "ledger").DeleteEntityAsync("anna", LedgerKeys.Entry(entry));

        Assert.That(await Import(), Is.Empty);

        Assert.That(await Rows(elsewhere, "ledger"), Is.EqualTo(await Rows(storage, "ledger")));
    }

    /// <summary>An old balance under newer entries could never be written again.</summary>
    [Test]
    public async Task A_balance_that_was_lost_does_not_come_back_to_books_that_went_on()
    {
        await Export();
        await Import();
        await Grant(TestLedger.Of(elsewhere), "after the backup");
        await Table(elsewhere, "ledger").DeleteEntityAsync("anna", LedgerKeys.Account);
        var before = await Rows(elsewhere, "ledger");

        Assert.That(await Import(), Is.EqualTo(new[] { Books }));

        Assert.That(await Rows(elsewhere, "ledger"), Is.EqualTo(before));
    }

    [Test]
    public async Task Other_books_that_are_there_are_left_and_told_of_and_rows_that_are_missing_are_added()
    {
        await Export();
        foreach (var table in StorageNames.Tables) await Client(elsewhere).CreateTableIfNotExistsAsync(table);
        await TestLedger.Of(elsewhere).Open(AccountId.Parse("anna"), new Transfer(TransferKind.Grant, 7, Ledger.OpeningReference), default);
        await Table(elsewhere, "accounts").AddEntityAsync(new TableEntity(AccountKeys.AccountPartition, "anna") { ["Name"] = "newer" });

        var others = await Import();

        Assert.That(others, Is.EqualTo(new[] { Books }));
        var names = await Rows(elsewhere, "accounts");
        Assert.That(names, Has.Exactly(1).Contains("newer").And.Exactly(1).Contains("bert"));
        var books = await Rows(elsewhere, "ledger");
        Assert.That(books, Has.Exactly(2).Contains("\"Available\":{\"Int64\":\"7\"},").And.Exactly(2).Contains("\"bert\""));
    }

    /// <summary>A hundred of them are 6 MB, and a transaction has 4 MiB at most.</summary>
    [Test]
    public async Task Large_rows_come_back_in_transactions_that_the_service_takes()
    {
        var half = new string('ä', 15_000);
        for (var n = 0; n < 100; n++)
            await Table(storage, "ledger").AddEntityAsync(new TableEntity("bert", $"job~{n:D3}") { ["A"] = half, ["B"] = half });
        await Export();

        await Import();

        Assert.That(await Rows(elsewhere, "ledger"), Is.EqualTo(await Rows(storage, "ledger")));
    }

    [Test]
    public async Task One_account_comes_back_alone()
    {
        await Export();

        await Import("ledger/bert");

        Assert.That(await Rows(elsewhere, "ledger"), Is.Not.Empty.And.All.Contains("\"bert\""));
        Assert.That(await FaultsOf("bert"), Is.Empty);
        Assert.That(() => Import("ledger/carl"), Throws.TypeOf<CopyFailedException>().With.Message.Contains("ledger/carl is not in"));
    }

    [Test]
    public async Task A_file_that_is_not_the_one_that_was_written_is_refused_before_anything_is()
    {
        await Export();
        var path = Path.Combine(folder, "ledger", "bert.jsonl.gz");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[^9] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        Assert.That(() => Import(), Throws.TypeOf<CopyFailedException>().With.Message.Contains("SHA-256"));
        File.Delete(path);
        Assert.That(() => Import(), Throws.TypeOf<CopyFailedException>().With.Message.Contains("missing"));
        File.Delete(Path.Combine(folder, "backup.json"));
        Assert.That(() => Import(), Throws.TypeOf<CopyFailedException>().With.Message.Contains("no backup"));

        Assert.That(await Rows(elsewhere, "ledger"), Is.Empty);
    }

    [Test]
    public async Task A_backup_is_its_owners_alone_and_no_other_is_written_over_it()
    {
        await Export();

        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Assert.That(File.GetUnixFileMode(folder), Is.EqualTo(owner));
        }

        Assert.That(() => Export(), Throws.TypeOf<CopyFailedException>().With.Message.Contains("not empty"));
    }

    private Task<Backup> Export(HttpPipelinePolicy? policy = null) =>
        new ExportTables(Client(storage, policy), TimeProvider.System, TextWriter.Null).Run(folder, default);

    private Task<IReadOnlyList<string>> Import(string? only = null, bool withTorn = false, HttpPipelinePolicy? policy = null) =>
        new ImportTables(Client(elsewhere, policy), TextWriter.Null).Run(folder, only, withTorn, default);

    /// <summary>What is wrong with the copy's books, but for the grants, which here are nobody's.</summary>
    private async Task<IEnumerable<Check>> FaultsOf(string account) => (await new AuditAccount(
        Client(elsewhere), new BlobServiceClient(elsewhere), new JobRow(Catalogue.Load()), new AuditOptions(), TimeProvider.System)
        .Run(AccountId.Parse(account), null, withImages: false, default)).Checks
        .Where(check => check is { Ok: false, Name: not "entries_claimed" });

    private static Task<CommitResult> Grant(Ledger ledger, string reference) => ledger.Commit(
        AccountId.Parse("anna"), _ => new Decision.Accept([new Transfer(TransferKind.Grant, 1, reference)], []), default);

    private static async Task<List<string>> Rows(string storage, string table)
    {
        await Client(storage).CreateTableIfNotExistsAsync(table);
        var rows = new List<string>();
        await foreach (var row in Table(storage, table).QueryAsync<TableEntity>()) rows.Add(RowLine.Write(row));
        return rows;
    }

    private static TableClient Table(string storage, string name) => Client(storage).GetTableClient(name);

    private static TableServiceClient Client(string storage, HttpPipelinePolicy? policy = null)
    {
        var options = new TableClientOptions { Retry = { MaxRetries = 0 } };
        if (policy is not null) options.AddPolicy(policy, Azure.Core.HttpPipelinePosition.PerCall);
        return new TableServiceClient(storage, options);
    }
}
