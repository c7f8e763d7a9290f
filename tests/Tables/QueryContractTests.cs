using Azure.Data.Tables;

namespace Pipeline.Tests.Tables;

/// <summary>What the app takes for granted of queries, over 1,250 rows: more than the 1,000 that the service answers at once.</summary>
public sealed class QueryContractTests
{
    private const int Rows = 1_250;

    private readonly string account = Storage.NewAccount();
    private TableClient table = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        table = new TableClient(account, "ledger");
        await table.CreateAsync();
        foreach (var chunk in Enumerable.Range(0, Rows).Chunk(100))
        {
            await table.SubmitTransactionAsync(chunk.Select(i => new TableTransactionAction(
                TableTransactionActionType.Add, new TableEntity("account", $"{i:D5}") { ["Even"] = i % 2 == 0, ["Credits"] = (long)i })));
        }

        await table.AddEntityAsync(new TableEntity("other account", "00000"));
    }

    [Test]
    public async Task All_rows_of_a_partition_come_in_the_order_of_their_keys_over_as_many_pages_as_it_takes()
    {
        var pages = new List<(int, bool)>();
        await foreach (var page in table.QueryAsync<TableEntity>("PartitionKey eq 'account'").AsPages())
            pages.Add((page.Values.Count, page.ContinuationToken is not null));

        Assert.That(pages, Is.EqualTo(new[] { (1_000, true), (250, false) }));
        var keys = (await table.Rows("PartitionKey eq 'account'")).Select(row => row.RowKey);
        Assert.That(keys, Is.EqualTo(Enumerable.Range(0, Rows).Select(i => $"{i:D5}")));
    }

    [Test]
    public async Task A_query_goes_on_from_a_token_of_an_earlier_one_in_another_client()
    {
        const string Filter = "PartitionKey eq 'account' and Even eq true";
        var first = await First(table.QueryAsync<TableEntity>(Filter).AsPages(pageSizeHint: 100));

        var other = new TableClient(account, table.Name);
        var next = await First(other.QueryAsync<TableEntity>(Filter, maxPerPage: 100).AsPages(first.ContinuationToken, 100));

        Assert.That((first.Values.Count, next.Values[0].RowKey), Is.EqualTo((100, "00200")));
    }

    /// <summary>Cursors that callers keep hold one: it must stay good when the app is deployed anew.</summary>
    [Test]
    public async Task A_token_is_the_next_rows_two_keys_as_the_service_encodes_them()
    {
        var page = await First(table.QueryAsync<TableEntity>("PartitionKey eq 'account'").AsPages(pageSizeHint: 10));

        Assert.That(page.ContinuationToken!.Split(' '), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task No_match_is_one_empty_page() =>
        Assert.That((await First(table.QueryAsync<TableEntity>("PartitionKey eq 'nobody'").AsPages())).Values, Is.Empty);

    [Test]
    public void A_quote_cannot_leave_its_literal() =>
        Assert.That(
            TableClient.CreateQueryFilter($"PartitionKey eq {"x' or 'a' eq 'a"} and RowKey eq {"{0}"}"),
            Is.EqualTo("PartitionKey eq 'x'' or ''a'' eq ''a' and RowKey eq '{0}'"));

    [Test]
    public async Task The_service_understands_the_literals()
    {
        var date = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(7);
        await table.AddEntityAsync(
            new TableEntity("it's", "row") { ["Date"] = date, ["Int"] = 7, ["Long"] = long.MaxValue, ["Flag"] = true });
        FormattableString[] filters =
            [$"PartitionKey eq {"it's"}", $"Date eq {date}", $"Int eq {7} and Flag eq {true}", $"Long eq {long.MaxValue}"];
        foreach (var filter in filters)
            Assert.That(await table.Rows(TableClient.CreateQueryFilter(filter)), Has.Count.EqualTo(1), filter.Format);
    }

    /// <summary>The one that the method takes; what an enumeration is given besides does not count.</summary>
    [Test]
    public void The_token_of_the_query_ends_it()
    {
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAsync<TaskCanceledException>(async () =>
        {
            var query = table.QueryAsync<TableEntity>(maxPerPage: 10, cancellationToken: cancel.Token);
            await foreach (var _ in query) await cancel.CancelAsync();
        });
    }

    private static async Task<Azure.Page<TableEntity>> First(IAsyncEnumerable<Azure.Page<TableEntity>> pages)
    {
        await foreach (var page in pages) return page;
        throw new InvalidOperationException("Every query has a page.");
    }
}
