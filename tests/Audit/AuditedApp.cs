using System.Net.Http.Json;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Audit;

/// <summary>An app with an account of which every kind of row and entry is there, at rest but for one open job.</summary>
internal sealed class AuditedApp : IAsyncDisposable
{
    public const string CheckpointKey = "a key of at least thirty-two characters";

    private readonly AuditAccount audit;

    private AuditedApp(App app, Account account)
    {
        (App, Account) = (app, account);
        Table = new TableServiceClient(app.Storage).GetTableClient(StorageNames.LedgerTable);
        audit = new AuditAccount(
            new TableServiceClient(app.Storage), new BlobServiceClient(app.Storage), new JobRow(Catalogue.Load()),
            new AuditOptions { CheckpointKey = CheckpointKey }, TimeProvider.System);
    }

    public App App { get; }

    public Account Account { get; }

    public TableClient Table { get; }

    public static async Task<AuditedApp> Start()
    {
        var app = await App.Start(null, ("Audit__CheckpointKey", CheckpointKey));
        var audited = new AuditedApp(app, await app.NewAccount(credits: 200));
        await audited.Live();
        return audited;
    }

    /// <summary>All that may happen to credits: granted of both kinds, held, captured, released, expired, revoked, corrected.</summary>
    private async Task Live()
    {
        var soon = DateTimeOffset.UtcNow.AddSeconds(1.5);
        await Operator("grants", new { credits = 30, category = "promotional", expires_at = soon.AddYears(1), reference = "welcome" });
        await Operator("grants", new { credits = 60, category = "promotional", expires_at = soon, reference = "today only" });
        await Operator("revocations", new { credits = 7, reason = "paid back", reference = "refund" });
        await Account.Run(new { prompt = "A red fox", model = "512", num = 2 });
        await Account.Run(new { prompt = "A red fox [[fault:safety]]", model = "512" });
        await Account.Drop("two.json", """[{ "prompt": "A cat", "model": "512" }, { "prompt": "A dog", "model": "512" }]""");
        await Account.Manifest("completed");
        await Operator(
            "corrections", new { credits = 4, from = "spent", to = "available", corrects = 6, reason = "blurred", reference = "blurred" });
        await Account.HoldWithoutMessage(new JobRequest { Prompt = "A bird", Model = Catalogue.Load().Default });
        await Task.Delay(TimeSpan.FromSeconds(2));
        await Account.Credits();
    }

    /// <summary>What the operator's audit finds wrong, in words; empty if nothing.</summary>
    public async Task<string> Faults(Checkpoint? from = null)
    {
        var found = await audit.Run(AccountId.Parse(Account.Id), from, withImages: true, default);
        return string.Join("; ", found.Checks.Where(check => !check.Ok).Select(check => $"{check.Name}: {check.Detail}"));
    }

    /// <summary>All checks of the audit.</summary>
    public async Task<Audited> Audit(Checkpoint? from = null) =>
        await audit.Run(AccountId.Parse(Account.Id), from, withImages: true, default);

    public async Task<List<TableEntity>> Rows(string prefix)
    {
        var rows = new List<TableEntity>();
        await foreach (var row in Table.QueryAsync<TableEntity>(LedgerKeys.Filter(Account.Id, prefix))) rows.Add(row);
        return rows;
    }

    /// <summary>Does something to the rows, looks what the audit finds, and puts them back as they were.</summary>
    public async Task<string> FaultsAfter(TableEntity row, Func<TableEntity, Task> tamper)
    {
        try
        {
            await tamper(new TableEntity(row));
            return await Faults();
        }
        finally
        {
            await Table.UpsertEntityAsync(row, TableUpdateMode.Replace);
        }
    }

    public Task Replace(TableEntity row) => Table.UpdateEntityAsync(row, ETag.All, TableUpdateMode.Replace);

    public async Task<JsonElement> Operator(string route, object body)
    {
        using var answer = await App.Operator(HttpMethod.Post, $"v1/operator/accounts/{Account.Id}/{route}", body);
        Assert.That((int)answer.StatusCode, Is.EqualTo(201), await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
