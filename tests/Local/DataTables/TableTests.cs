using Azure.Data.Tables;
using Azure.Data.Tables.Models;

namespace Pipeline.Tests.Local.DataTables;

public sealed class TableTests
{
    private TableServiceClient service = null!;

    [SetUp]
    public void Start() => service = new TableServiceClient(Storage.NewAccount());

    [Test]
    public async Task A_table_is_created_listed_and_deleted()
    {
        var created = await service.CreateTableAsync("ledger");
        Assert.That((created.Value.Name, created.GetRawResponse().Status), Is.EqualTo(("ledger", 201)));
        Assert.That(await Names(), Is.EqualTo((string[])["ledger"]));

        Assert.That((await service.DeleteTableAsync("ledger")).Status, Is.EqualTo(204));
        Assert.That(await Names(), Is.Empty);
    }

    [Test]
    public async Task Creating_a_table_twice_is_refused()
    {
        await service.CreateTableAsync("ledger");
        var refusal = Account.Refusal(() => service.GetTableClient("ledger").CreateAsync());
        Assert.That((refusal.Status, refusal.ErrorCode == TableErrorCode.TableAlreadyExists), Is.EqualTo((409, true)));
    }

    [Test]
    public async Task A_table_that_is_there_is_not_created_again()
    {
        var first = await service.CreateTableIfNotExistsAsync("ledger");
        var second = await service.GetTableClient("ledger").CreateIfNotExistsAsync();

        Assert.That(first.GetRawResponse().Status, Is.EqualTo(204));
        Assert.That(second.Value.Name, Is.EqualTo("ledger"));
        Assert.That((second.GetRawResponse().Status, second.GetRawResponse().IsError), Is.EqualTo((409, false)));
    }

    [Test]
    public async Task Deleting_an_absent_table_answers_404_without_throwing()
    {
        Assert.That((await service.DeleteTableAsync("absent")).Status, Is.EqualTo(404));
        Assert.That((await service.GetTableClient("absent").DeleteAsync()).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task An_absent_table_is_refused_by_name_unless_the_row_may_be_absent()
    {
        var table = service.GetTableClient("absent");
        Func<Task>[] calls =
        [
            () => table.AddEntityAsync(new TableEntity("account", "row")),
            () => table.GetEntityAsync<TableEntity>("account", "row"),
            () => table.UpsertEntityAsync(new TableEntity("account", "row")),
            () => table.SubmitTransactionAsync([Account.Add("row")]),
            () => table.Rows(),
        ];
        foreach (var call in calls)
        {
            var refusal = Account.Refusal(call);
            Assert.That((refusal.Status, refusal.ErrorCode), Is.EqualTo((404, "TableNotFound")));
        }

        Assert.That((await table.GetEntityIfExistsAsync<TableEntity>("account", "row")).HasValue, Is.False);
    }

    [Test]
    public async Task Tables_are_listed_by_filter_and_in_pages()
    {
        foreach (var name in (string[])["alpha", "beta", "gamma"]) await service.CreateTableAsync(name);

        Assert.That(await Names(TableServiceClient.CreateQueryFilter($"TableName ge {"beta"}")), Is.EqualTo((string[])["beta", "gamma"]));
        var pages = new List<string>();
        await foreach (var page in service.QueryAsync(maxPerPage: 2).AsPages())
            pages.Add(string.Join(',', page.Values.Select(table => table.Name)));
        Assert.That(pages, Is.EqualTo((string[])["alpha,beta", "gamma"]));
    }

    [Test]
    public void Clients_know_the_account_the_table_and_their_address()
    {
        var table = service.GetTableClient("ledger");
        Assert.That((table.Name, table.AccountName), Is.EqualTo(("ledger", service.AccountName)));
        Assert.That(table.Uri, Is.EqualTo(new Uri($"{service.Uri}/ledger")));
    }

    [TestCase("https://pipeline.table.core.windows.net", "pipeline", "https://pipeline.table.core.windows.net/ledger")]
    [TestCase("https://pipeline.table.core.windows.net/", "pipeline", "https://pipeline.table.core.windows.net/ledger")]
    [TestCase("https://pipeline.table.core.windows.net/ledger", "pipeline", "https://pipeline.table.core.windows.net/ledger")]
    [TestCase("http://127.0.0.1:10002/dev", "dev", "http://127.0.0.1:10002/dev/ledger")]
    [TestCase("http://localhost:10002/dev/ledger", "dev", "http://localhost:10002/dev/ledger")]
    [TestCase("http://127.0.0.1:10002/ledger", "ledger", "http://127.0.0.1:10002/ledger/ledger")]
    public void An_endpoint_is_taken_with_or_without_the_table(string endpoint, string account, string uri)
    {
        var table = new TableClient(new Uri(endpoint), "ledger", new TableSharedKeyCredential("any", "a2V5"));
        Assert.That((table.AccountName, table.Uri.AbsoluteUri), Is.EqualTo((account, uri)));
    }

    private async Task<List<string>> Names(string? filter = null)
    {
        var names = new List<string>();
        await foreach (var table in service.QueryAsync(filter)) names.Add(table.Name);
        return names;
    }
}
