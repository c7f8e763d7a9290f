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

/// <summary>Two accounts, of which one has many entries; another storage account; and a folder for a backup.</summary>
public abstract class CopiedTables
{
    protected const string Books = "ledger/anna.jsonl.gz";

    /// <summary>More than fit into two transactions.</summary>
    protected const int Grants = 250;

    private DirectoryInfo parent = null!;

    /// <summary>Of the backup; not there yet.</summary>
    protected string Folder { get; private set; } = "";

    /// <summary>The connection string of what is copied.</summary>
    protected string StorageAccount { get; private set; } = "";

    /// <summary>And of where to.</summary>
    protected string Elsewhere { get; private set; } = "";

    [SetUp]
    public async Task Two_accounts()
    {
        parent = Directory.CreateTempSubdirectory("pipeline-backup-");
        Folder = Path.Combine(parent.FullName, "monday");
        (StorageAccount, Elsewhere) = (Tests.Storage.NewAccount(), Tests.Storage.NewAccount());
        foreach (var table in StorageNames.Tables) await Client(StorageAccount).CreateTableIfNotExistsAsync(table);
        var ledger = TestLedger.Of(StorageAccount);
        foreach (var id in new[] { "anna", "bert" })
        {
            await Table(StorageAccount, "accounts").AddEntityAsync(AccountKeys.AccountRow(AccountId.Parse(id), id, DateTimeOffset.UtcNow));
            await ledger.Open(AccountId.Parse(id), new Transfer(TransferKind.Grant, 100, Ledger.OpeningReference), default);
        }

        await Task.WhenAll(Enumerable.Range(0, Grants).Select(n => Grant(ledger, $"grant {n}")));
    }

    [TearDown]
    public void Remove_the_files() => parent.Delete(recursive: true);

    private protected Task<Backup> Export(HttpPipelinePolicy? policy = null) =>
        new ExportTables(Client(StorageAccount, policy), TimeProvider.System, TextWriter.Null).Run(Folder, default);

    private protected Task<IReadOnlyList<string>> Import(string? only = null, bool withTorn = false, HttpPipelinePolicy? policy = null) =>
        new ImportTables(Client(Elsewhere, policy), TextWriter.Null).Run(Folder, only, withTorn, default);

    /// <summary>What is wrong with the copy's books, but for the grants, which here are nobody's.</summary>
    private protected async Task<IEnumerable<Check>> FaultsOf(string account) => (await new AuditAccount(
        Client(Elsewhere), new BlobServiceClient(Elsewhere), new JobRow(Catalogue.Load()), new AuditOptions(), TimeProvider.System)
        .Run(AccountId.Parse(account), null, withImages: false, default)).Checks
        .Where(check => check is { Ok: false, Name: not "entries_claimed" });

    private protected static Task<CommitResult> Grant(Ledger ledger, string reference) => ledger.Commit(
        AccountId.Parse("anna"), _ => new Decision.Accept([new Transfer(TransferKind.Grant, 1, reference)], []), default);

    private protected static async Task<List<string>> Rows(string connection, string table)
    {
        await Client(connection).CreateTableIfNotExistsAsync(table);
        var rows = new List<string>();
        await foreach (var row in Table(connection, table).QueryAsync<TableEntity>()) rows.Add(RowLine.Write(row));
        return rows;
    }

    private protected static TableClient Table(string connection, string name) => Client(connection).GetTableClient(name);

    private protected static TableServiceClient Client(string connection, HttpPipelinePolicy? policy = null)
    {
        var options = new TableClientOptions { Retry = { MaxRetries = 0 } };
        if (policy is not null) options.AddPolicy(policy, Azure.Core.HttpPipelinePosition.PerCall);
        return new TableServiceClient(connection, options);
    }
}
