using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Tests.Jobs;

/// <summary>A job of two images that an account has credits for, in real tables, and that nobody has claimed.</summary>
public abstract class HeldJob
{
    protected static readonly AccountId Account = AccountId.Parse("demo");
    protected static readonly JobOptions Options = new() { LeaseDuration = TimeSpan.FromMinutes(1) };

    /// <summary>The connection string.</summary>
    protected string StorageAccount { get; private set; } = "";

    protected Ledger Ledger { get; private set; } = null!;

    protected JobTable Jobs { get; private set; } = null!;

    /// <summary>As it was read.</summary>
    protected Job Job { get; private set; } = null!;

    [SetUp]
    public async Task Hold_a_job()
    {
        var tables = new TableServiceClient(StorageAccount = Tests.Storage.NewAccount());
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        Ledger = new Ledger(tables, TimeProvider.System, Random.Shared, NullLogger<Ledger>.Instance);
        Jobs = new JobTable(tables, new JobRow(Catalogue.Load()));
        await Ledger.Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);

        var request = new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Default, Num = 2 };
        var queued = NewJob.From(Account, JobId.New(DateTimeOffset.UtcNow), request, null, DateTimeOffset.UtcNow);
        await Ledger.Commit(Account, books => AcceptJob.Hold(books, queued, DateTimeOffset.UtcNow), default);
        Job = (await Jobs.Read(Account, queued.Id, default))!;
    }
}
