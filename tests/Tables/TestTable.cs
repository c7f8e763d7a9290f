using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace Pipeline.Tests.Tables;

/// <summary>What the tests of the table client share: tables in accounts of their own, and short forms.</summary>
internal static class TestTable
{
    /// <summary>An ETag that no row ever had.</summary>
    public static readonly ETag Stale = new("W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"");

    /// <summary>A new, empty table.</summary>
    public static async Task<TableClient> New()
    {
        var table = new TableClient(Storage.NewAccount(), "ledger");
        await table.CreateAsync();
        return table;
    }

    /// <summary>The client of a new, empty table whose every request passes a policy, tries of the SDK's own included.</summary>
    public static async Task<TableClient> Through(HttpPipelinePolicy policy)
    {
        var account = Storage.NewAccount();
        await new TableClient(account, "ledger").CreateAsync();
        var options = new TableClientOptions { Retry = { Delay = TimeSpan.Zero } };
        options.AddPolicy(policy, HttpPipelinePosition.PerRetry);
        return new TableClient(account, "ledger", options);
    }

    public static async Task<List<TableEntity>> Rows(this TableClient table, string? filter = null)
    {
        var rows = new List<TableEntity>();
        await foreach (var row in table.QueryAsync<TableEntity>(filter)) rows.Add(row);
        return rows;
    }

    public static TableTransactionAction Add(string rowKey) => new(TableTransactionActionType.Add, new TableEntity("account", rowKey));

    /// <summary>The failure of a call that must fail in the service.</summary>
    public static RequestFailedException Refusal(Func<Task> call) => Assert.CatchAsync<RequestFailedException>(() => call())!;
}
