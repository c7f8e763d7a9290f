using System.Security.Cryptography;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.CopyTables;
using Pipeline.Credits;
using Pipeline.Storage;
using Pipeline.Tests.Credits;

namespace Pipeline.Tests.Infra.Tables;

/// <summary>What an import does where there are rows already.</summary>
public sealed class ImportOverTests : CopiedTables
{
    [Test]
    public async Task An_import_that_broke_off_is_run_again()
    {
        await Export();
        var sent = 0;
        var breaks = new Meanwhile(() => ++sent == 3 ? throw new IOException("The line is cut.") : Task.CompletedTask);

        Assert.That(() => Import(policy: breaks), Throws.InstanceOf<IOException>().Or.InnerException.InstanceOf<IOException>());
        Assert.That((await Rows(Elsewhere, "ledger")), Has.Some.Contains("entry~").And.None.Contains("\"account\""));
        await Import();
        await Import();

        Assert.That(await Rows(Elsewhere, "ledger"), Is.EqualTo(await Rows(StorageAccount, "ledger")));
    }

    [Test]
    public async Task Rows_that_were_lost_come_back_where_nothing_moved_since()
    {
        await Export();
        await Import();
        foreach (var entry in new[] { 2, 77 }) await Table(Elsewhere, "ledger").DeleteEntityAsync("anna", LedgerKeys.Entry(entry));

        Assert.That(await Import(), Is.Empty);

        Assert.That(await Rows(Elsewhere, "ledger"), Is.EqualTo(await Rows(StorageAccount, "ledger")));
    }

    [Test]
    public async Task A_balance_that_was_lost_does_not_come_back_to_books_that_went_on()
    {
        await Export();
        await Import();
        await Grant(TestLedger.Of(Elsewhere), "after the backup");
        await Table(Elsewhere, "ledger").DeleteEntityAsync("anna", LedgerKeys.Account);
        var before = await Rows(Elsewhere, "ledger");

        Assert.That(await Import(), Is.EqualTo(new[] { Books }));

        Assert.That(await Rows(Elsewhere, "ledger"), Is.EqualTo(before));
    }

    [Test]
    public async Task Other_books_that_are_there_are_left_and_told_of_and_rows_that_are_missing_are_added()
    {
        await Export();
        foreach (var table in StorageNames.Tables) await Client(Elsewhere).CreateTableIfNotExistsAsync(table);
        await TestLedger.Of(Elsewhere).Open(AccountId.Parse("anna"), new Transfer(TransferKind.Grant, 7, Ledger.OpeningReference), default);
        await Table(Elsewhere, "accounts").AddEntityAsync(new TableEntity(AccountKeys.AccountPartition, "anna") { ["Name"] = "newer" });

        var others = await Import();

        Assert.That(others, Is.EqualTo(new[] { Books }));
        var names = await Rows(Elsewhere, "accounts");
        Assert.That(names, Has.Exactly(1).Contains("newer").And.Exactly(1).Contains("bert"));
        var books = await Rows(Elsewhere, "ledger");
        Assert.That(books, Has.Exactly(2).Contains("\"Available\":{\"Int64\":\"7\"},").And.Exactly(2).Contains("\"bert\""));
    }

    [Test]
    public async Task Books_are_taken_back_to_the_backup_by_who_says_so()
    {
        await Export();
        await Import();
        for (var n = 0; n < 3; n++) await Grant(TestLedger.Of(Elsewhere), $"after the backup {n}");

        var others = await new ImportTables(Client(Elsewhere), TextWriter.Null, replaces: true).Run(Folder, "ledger/anna", false, default);

        Assert.That(others, Is.Empty);
        Assert.That(await Rows(Elsewhere, "ledger"), Is.EqualTo(await Rows(StorageAccount, "ledger")));
    }

    /// <summary>By hand, say: no transaction of the ledger did it, so the balance is as it was.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Books_that_are_wrong_under_the_same_balance_are_taken_back_too(bool isChanged)
    {
        await Export();
        await Import();
        var entry = new TableEntity("anna", LedgerKeys.Entry(isChanged ? 77 : Grants + 7)) { ["Amount"] = 1_000_000L };
        await Table(Elsewhere, "ledger").UpsertEntityAsync(entry);

        await new ImportTables(Client(Elsewhere), TextWriter.Null, replaces: true).Run(Folder, "ledger/anna", false, default);

        Assert.That(
            (await Rows(Elsewhere, "ledger")).Where(row => row.Contains("\"anna\"")),
            Is.EqualTo((await Rows(StorageAccount, "ledger")).Where(row => row.Contains("\"anna\""))));
    }

    [Test]
    public async Task Books_that_were_half_deleted_are_nobodys_to_move_and_are_taken_back_by_another_try()
    {
        await Export();
        await Import();
        await Grant(TestLedger.Of(Elsewhere), "after the backup");
        var sent = 0;
        var breaks = new Meanwhile(() => ++sent == 3 ? throw new IOException("The line is cut.") : Task.CompletedTask);

        Assert.That(() => Replace(breaks), Throws.InstanceOf<IOException>().Or.InnerException.InstanceOf<IOException>());
        Assert.That(
            (await Rows(Elsewhere, "ledger")).Where(row => row.Contains("\"anna\"")),
            Is.Not.Empty.And.None.Contains("\"RowKey\":\"account\""));
        await Replace();

        Assert.That(await Rows(Elsewhere, "ledger"), Is.EqualTo(await Rows(StorageAccount, "ledger")));

        Task Replace(Meanwhile? policy = null) =>
            new ImportTables(Client(Elsewhere, policy), TextWriter.Null, replaces: true).Run(Folder, "ledger/anna", false, default);
    }

    [TestCase("ledger")]
    [TestCase("accounts")]
    public async Task A_row_of_another_partition_is_refused_though_the_sums_were_made_to_fit(string table)
    {
        var backup = await Export();
        var file = backup.Files.First(file => file.Table == table);
        var (rows, sum) = await Backup.Write(
            Path.Combine(Folder, file.Name), new[] { RowLine.Write(new TableEntity("carl", "entry~1")) }.ToAsyncEnumerable());
        new Backup(backup.MadeAt, [file with { Rows = rows, Sha256 = sum }]).Save(Folder);

        Assert.That(() => Import(), Throws.TypeOf<FormatException>().With.Message.Contains($"{file.Name} has a row of carl"));

        Assert.That(await Rows(Elsewhere, table), Is.Empty);
    }

    [Test]
    public async Task A_file_that_is_none_of_rows_is_refused_though_its_sum_was_made_to_fit()
    {
        var backup = await Export();
        var path = Path.Combine(Folder, Books);
        await File.WriteAllTextAsync(path, "no gzip");
        var sum = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path)));
        new Backup(backup.MadeAt, [.. backup.Files.Select(file => file.Name == Books ? file with { Sha256 = sum } : file)]).Save(Folder);

        Assert.That(() => Import(), Throws.TypeOf<FormatException>().With.Message.Contains($"{Books} is damaged"));
    }
}
