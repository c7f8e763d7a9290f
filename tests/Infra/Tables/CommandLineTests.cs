using Azure.Data.Tables;
using Pipeline.Storage;
using Pipeline.Tests.Credits;

namespace Pipeline.Tests.Infra.Tables;

/// <summary>The program as an operator calls it: what it prints, and how it ends.</summary>
public sealed class CommandLineTests
{
    private DirectoryInfo folder = null!;

    [SetUp]
    public void New() => folder = Directory.CreateTempSubdirectory("pipeline-copy-");

    [TearDown]
    public void Remove() => folder.Delete(recursive: true);

    [Test]
    public async Task It_copies_from_one_storage_account_to_another_and_says_how_many_rows()
    {
        var (from, to) = (Tests.Storage.NewAccount(), Tests.Storage.NewAccount());
        foreach (var table in StorageNames.Tables) await new TableServiceClient(from).CreateTableAsync(table);
        await TestLedger.Of(from).Open(
            Pipeline.Accounts.AccountId.Parse("studio"),
            new Pipeline.Credits.Transfer(Pipeline.Credits.TransferKind.Grant, 7, Pipeline.Credits.Ledger.OpeningReference), default);

        var export = await Run(from, "export", "--to", "monday");
        var import = await Run(to, "import", "--from", "monday");
        var again = await Run(to, "import", "--from", "monday");

        Assert.That(export, Is.EqualTo((0, $"ledger/studio.jsonl.gz: 2 rows{Environment.NewLine}")));
        Assert.That(import, Is.EqualTo(export));
        Assert.That(again, Is.EqualTo((0, $"ledger/studio.jsonl.gz: 2 rows are there already{Environment.NewLine}")));
    }

    [Test]
    public async Task What_it_cannot_do_it_says_on_one_line_and_ends_with_1()
    {
        var storage = Tests.Storage.NewAccount();

        var nameless = await Run("", "export", "--to", "a");
        Assert.That(nameless.Code, Is.EqualTo(1));
        Assert.That(
            nameless.Printed, Does.StartWith("Name the storage account with --account. Setting AzureWebJobsStorage is missing: expected"));
        var malformed = await Run("AccountKey=c2VjcmV0", "export", "--to", "a");
        Assert.That(malformed.Code, Is.EqualTo(1));
        Assert.That(malformed.Printed, Does.Contain("AzureWebJobsStorage").And.Not.Contain("c2Vj"));
        Assert.That(
            await Run(storage, "import", "--from", "a"),
            Is.EqualTo((1, $"a has no backup.json: it is no backup, or the export did not reach its end.{Environment.NewLine}")));
        foreach (var part in new string[][] { [], ["--only", "accounts/account"] })
        {
            var replaced = await Run(storage, ["import", "--from", "a", "--replace", .. part]);
            Assert.That(replaced.Code, Is.EqualTo(1));
            Assert.That(replaced.Printed, Does.Contain("--replace needs --only with the books"));
        }

        const string nobody = "http://127.0.0.1:9/a";
        var away = await Run(
            $"AccountName=a;AccountKey=YQ==;BlobEndpoint={nobody};QueueEndpoint={nobody};TableEndpoint={nobody}", "export", "--to", "c");
        Assert.That(away.Code, Is.EqualTo(1));
        Assert.That(away.Printed, Does.StartWith("Storage could not be reached: Connection refused"));
        var missing = await Run(storage, "export", "--to", "b");
        Assert.That(
            missing, Is.EqualTo((1, $"The table accounts is not there: is it the right storage account?{Environment.NewLine}")));
    }

    private Task<(int Code, string Printed)> Run(string storage, params string[] arguments) => BuiltProgram.Run(
        "tables/Pipeline.CopyTables", arguments, [new("AzureWebJobsStorage", storage)], folder.FullName);
}
