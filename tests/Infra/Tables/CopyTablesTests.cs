using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.CopyTables;
using Pipeline.Credits;
using Pipeline.Storage;
using Pipeline.Tests.Credits;

namespace Pipeline.Tests.Infra.Tables;

/// <summary>Tables that were copied into files and back are the same tables, and their books are right.</summary>
public sealed class CopyTablesTests : CopiedTables
{
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
        foreach (var table in StorageNames.Tables)
            Assert.That(await Rows(Elsewhere, table), Is.EqualTo(await Rows(StorageAccount, table)), table);
        Assert.That(await FaultsOf("anna"), Is.Empty);
        await Grant(TestLedger.Of(Elsewhere), "they go on");
        Assert.That(await FaultsOf("anna"), Is.Empty);
    }

    [Test]
    public async Task Books_that_moved_while_they_were_read_are_read_again()
    {
        var (ledger, left) = (TestLedger.Of(StorageAccount), 2);
        var busy = new Meanwhile(() => left-- > 0 ? Grant(ledger, $"meanwhile {left}") : Task.FromResult<CommitResult>(null!));

        var backup = await Export(busy);
        await Import();

        Assert.That(backup.Files[0].IsTorn, Is.False);
        Assert.That(await FaultsOf("anna"), Is.Empty);
        Assert.That(await Rows(Elsewhere, "ledger"), Is.EqualTo(await Rows(StorageAccount, "ledger")));
    }

    [Test]
    public async Task An_account_that_was_opened_during_the_export_is_not_listed_without_its_books()
    {
        var isOpen = false;
        await Export(new Meanwhile(async () =>
        {
            if (isOpen) return;
            isOpen = true;
            // Before those whose books are read already.
            await Table(StorageAccount, "accounts").AddEntityAsync(new TableEntity(AccountKeys.AccountPartition, "adam"));
            await TestLedger.Of(StorageAccount).Open(
                AccountId.Parse("adam"), new Transfer(TransferKind.Grant, 5, Ledger.OpeningReference), default);
        }));

        await Import();

        Assert.That(isOpen, Is.True);
        foreach (var account in await Table(Elsewhere, "accounts").QueryAsync<TableEntity>().ToListAsync())
            Assert.That(await FaultsOf(account.RowKey), Is.Empty, account.RowKey);
    }

    [Test]
    public async Task Books_that_never_rest_are_torn_and_come_back_only_to_those_who_want_them_so()
    {
        var (ledger, grants) = (TestLedger.Of(StorageAccount), 0);

        var backup = await Export(new Meanwhile(() => Grant(ledger, $"meanwhile {grants++}")));

        Assert.That(backup.Files.Where(file => file.IsTorn).Select(file => file.Name), Is.EqualTo(new[] { Books }));
        Assert.That(grants, Is.EqualTo(ExportTables.ReadingsMax));
        Assert.That(() => Import(), Throws.TypeOf<CopyFailedException>().With.Message.Contains("changed while it was read"));
        Assert.That(await Rows(Elsewhere, "ledger"), Is.Empty);
        await Import(withTorn: true);
        Assert.That(await Rows(Elsewhere, "ledger"), Is.Not.Empty);
    }

    /// <summary>A hundred of them are 6 MB, and a transaction has 4 MiB at most.</summary>
    [Test]
    public async Task Large_rows_come_back_in_transactions_that_the_service_takes()
    {
        var half = new string('ä', 15_000);
        for (var n = 0; n < 100; n++)
            await Table(StorageAccount, "ledger").AddEntityAsync(new TableEntity("bert", $"job~{n:D3}") { ["A"] = half, ["B"] = half });
        await Export();

        await Import();

        Assert.That(await Rows(Elsewhere, "ledger"), Is.EqualTo(await Rows(StorageAccount, "ledger")));
    }

    [Test]
    public async Task One_account_comes_back_alone()
    {
        await Export();

        await Import("ledger/bert");

        Assert.That(await Rows(Elsewhere, "ledger"), Is.Not.Empty.And.All.Contains("\"bert\""));
        Assert.That(await FaultsOf("bert"), Is.Empty);
        Assert.That(() => Import("ledger/carl"), Throws.TypeOf<CopyFailedException>().With.Message.Contains("ledger/carl is not in"));
    }

    [Test]
    public async Task A_file_that_is_not_the_one_that_was_written_is_refused_before_anything_is()
    {
        await Export();
        var path = Path.Combine(Folder, "ledger", "bert.jsonl.gz");
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[^9] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);

        Assert.That(() => Import(), Throws.TypeOf<CopyFailedException>().With.Message.Contains("SHA-256"));
        File.Delete(path);
        Assert.That(() => Import(), Throws.TypeOf<CopyFailedException>().With.Message.Contains("missing"));
        File.Delete(Path.Combine(Folder, "backup.json"));
        Assert.That(() => Import(), Throws.TypeOf<CopyFailedException>().With.Message.Contains("no backup"));

        Assert.That(await Rows(Elsewhere, "ledger"), Is.Empty);
    }

    [TestCase("\"table\": \"ledger\"", "\"table\": \"users\"")]
    [TestCase("ledger/bert.jsonl.gz", "ledger/../../bert.jsonl.gz")]
    [TestCase("\"partition\": \"bert\"", "\"partition\": \"carl\"")]
    [TestCase("\"files\"", "\"others\"")]
    [TestCase("[", "")]
    [TestCase("[", "[ null,")]
    public async Task A_list_that_somebody_changed_is_refused(string part, string other)
    {
        await Export();
        var list = Path.Combine(Folder, "backup.json");
        await File.WriteAllTextAsync(list, (await File.ReadAllTextAsync(list)).Replace(part, other, StringComparison.Ordinal));

        Assert.That(() => Import(), Throws.TypeOf<CopyFailedException>());

        Assert.That(await Rows(Elsewhere, "ledger"), Is.Empty);
    }

    [Test]
    public async Task A_backup_is_its_owners_alone_and_no_other_is_written_over_it([Values] bool isThere)
    {
        if (isThere) Directory.CreateDirectory(Folder);
        await Export();

        if (!OperatingSystem.IsWindows())
        {
            const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Assert.That(File.GetUnixFileMode(Folder), Is.EqualTo(owner));
        }

        Assert.That(() => Export(), Throws.TypeOf<CopyFailedException>().With.Message.Contains("not empty"));
    }
}
