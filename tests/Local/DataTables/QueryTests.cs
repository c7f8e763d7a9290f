using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

/// <summary>Queries over 1,250 rows: more than the 1,000 that the service answers at once.</summary>
public sealed class QueryTests
{
    private const int Rows = 1_250;

    private TableClient table = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        table = await Account.NewTable();
        foreach (var chunk in Enumerable.Range(0, Rows).Chunk(100))
        {
            await table.SubmitTransactionAsync(chunk.Select(i => new TableTransactionAction(
                TableTransactionActionType.Add,
                new TableEntity("account", $"{i:D5}") { ["Number"] = i, ["Even"] = i % 2 == 0, ["Credits"] = (long)i })));
        }

        await table.AddEntityAsync(new TableEntity("other account", "00000"));
    }

    [Test]
    public async Task All_rows_come_in_the_order_of_their_keys()
    {
        var rows = await table.Rows("PartitionKey eq 'account'");
        Assert.That(rows.Select(row => row.RowKey), Is.EqualTo(Enumerable.Range(0, Rows).Select(i => $"{i:D5}")));
    }

    [Test]
    public async Task Without_a_filter_every_partition_comes() =>
        Assert.That(await table.Rows(), Has.Count.EqualTo(Rows + 1));

    [Test]
    public async Task A_page_has_at_most_1000_rows_and_says_where_the_next_begins()
    {
        var pages = new List<(int, bool)>();
        await foreach (var page in table.QueryAsync<TableEntity>("PartitionKey eq 'account'").AsPages())
            pages.Add((page.Values.Count, page.ContinuationToken is not null));
        Assert.That(pages, Is.EqualTo(new[] { (1_000, true), (250, false) }));
    }

    [Test]
    public async Task A_page_has_as_many_rows_as_was_asked()
    {
        var sizes = new List<int>();
        var all = table.QueryAsync<TableEntity>("PartitionKey eq 'account'", maxPerPage: 500);
        await foreach (var page in all.AsPages()) sizes.Add(page.Values.Count);
        var few = table.QueryAsync<TableEntity>("Number lt 30", maxPerPage: 500);
        await foreach (var page in few.AsPages(pageSizeHint: 20)) sizes.Add(page.Values.Count);
        Assert.That(sizes, Is.EqualTo((int[])[500, 500, 250, 20, 10]));
    }

    [Test]
    public async Task A_query_goes_on_from_a_token_of_an_earlier_one()
    {
        var query = table.QueryAsync<TableEntity>("PartitionKey eq 'account' and Even eq true", maxPerPage: 100);
        string? token = null;
        await foreach (var page in query.AsPages())
        {
            token = page.ContinuationToken;
            break;
        }

        Assert.That(token!.Split(' '), Has.Length.EqualTo(2));
        await foreach (var page in query.AsPages(token))
        {
            Assert.That(page.Values[0].RowKey, Is.EqualTo("00200"));
            break;
        }
    }

    [Test]
    public async Task A_filter_over_more_than_1000_rows_finds_all_that_match()
    {
        var rows = await table.Rows(
            TableClient.CreateQueryFilter($"PartitionKey eq {"account"} and Even eq {true} and Credits ge {1_200L}"));
        Assert.That(rows.Select(row => row.GetInt32("Number")), Is.EqualTo(Enumerable.Range(0, 25).Select(i => 1_200 + (i * 2))));
    }

    [Test]
    public async Task A_range_of_keys_is_read()
    {
        var rows = await table.Rows(
            TableClient.CreateQueryFilter($"PartitionKey eq {"account"} and RowKey ge {"00998"} and RowKey lt {"01001"}"));
        Assert.That(rows.Select(row => row.RowKey), Is.EqualTo((string[])["00998", "00999", "01000"]));
    }

    [Test]
    public async Task Only_selected_properties_are_read()
    {
        var row = (await table.Rows("RowKey eq '00007' and PartitionKey eq 'account'", ["RowKey", "Number"])).Single();
        Assert.That((row.RowKey, row.GetInt32("Number"), row.ContainsKey("Credits")), Is.EqualTo(("00007", (int?)7, false)));
    }

    [Test]
    public async Task No_match_is_one_empty_page()
    {
        var sizes = new List<int>();
        await foreach (var page in table.QueryAsync<TableEntity>("PartitionKey eq 'nobody'").AsPages()) sizes.Add(page.Values.Count);
        Assert.That(sizes, Is.EqualTo((int[])[0]));
    }

    [Test]
    public void A_filter_that_is_none_is_refused()
    {
        var refusal = Account.Refusal(() => table.Rows("Number equals"));
        Assert.That((refusal.Status, refusal.ErrorCode), Is.EqualTo((400, "InvalidInput")));
    }

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

    [Test]
    public void The_token_of_the_enumeration_ends_it()
    {
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAsync<TaskCanceledException>(async () =>
        {
            var query = table.QueryAsync<TableEntity>(maxPerPage: 10);
            await foreach (var _ in query.WithCancellation(cancel.Token)) await cancel.CancelAsync();
        });
    }
}
