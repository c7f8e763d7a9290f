using Azure;
using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

/// <summary>What the tests of the table client share: tables in accounts of their own, and short forms.</summary>
internal static class Account
{
    /// <summary>An ETag that no row ever had.</summary>
    public static readonly ETag Stale = new("W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"");

    /// <summary>A new, empty table.</summary>
    public static async Task<TableClient> NewTable()
    {
        var table = new TableClient(Storage.NewAccount(), "ledger");
        await table.CreateAsync();
        return table;
    }

    public static async Task<List<TableEntity>> Rows(this TableClient table, string? filter = null, IEnumerable<string>? select = null)
    {
        var rows = new List<TableEntity>();
        await foreach (var row in table.QueryAsync<TableEntity>(filter, select: select)) rows.Add(row);
        return rows;
    }

    public static TableTransactionAction Add(string rowKey) => new(TableTransactionActionType.Add, new TableEntity("account", rowKey));

    /// <summary>The failure of a call that must fail in the service.</summary>
    public static RequestFailedException Refusal(Func<Task> call) => Assert.CatchAsync<RequestFailedException>(() => call())!;
}
