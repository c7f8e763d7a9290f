using Azure;
using Azure.Data.Tables;

namespace Pipeline.Tests.Tables;

/// <summary>What the ledger takes for granted of entity group transactions: what is answered, and how a refusal names its row.</summary>
public sealed class TransactionContractTests
{
    private TableClient table = null!;

    [SetUp]
    public async Task Start() => table = await TestTable.New();

    [TestCase(1)]
    [TestCase(100)]
    public async Task Each_action_is_answered_in_its_place_with_the_rows_new_ETag(int count)
    {
        var answer = await table.SubmitTransactionAsync(Enumerable.Range(0, count).Select(i => TestTable.Add($"{i:D3}")));

        var rows = await table.Rows();
        Assert.That(answer.Value.Select(part => (part.Status, part.Headers.ETag)), Is.EqualTo(rows.Select(row => (204, (ETag?)row.ETag))));
        Assert.That(rows, Has.Count.EqualTo(count));
    }

    [Test]
    public async Task Every_type_of_action_does_what_it_says()
    {
        foreach (var key in (string[])["merge", "replace", "delete", "upsert-merge", "upsert-replace"])
            await table.AddEntityAsync(new TableEntity("account", key) { ["Old"] = 1 });

        await table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.Add, New("add")),
            new(TableTransactionActionType.UpdateMerge, New("merge"), ETag.All),
            new(TableTransactionActionType.UpdateReplace, New("replace"), ETag.All),
            new(TableTransactionActionType.Delete, New("delete")),
            new(TableTransactionActionType.UpsertMerge, New("upsert-merge")),
            new(TableTransactionActionType.UpsertReplace, New("upsert-replace")),
        ]);

        var rows = await table.Rows();
        Assert.That(rows.Select(row => (row.RowKey, row.GetInt32("Old"), row.GetInt32("New"))), Is.EqualTo(new (string, int?, int?)[]
        {
            ("add", null, 2), ("merge", 1, 2), ("replace", null, 2), ("upsert-merge", 1, 2), ("upsert-replace", null, 2),
        }));

        static TableEntity New(string key) => new("account", key) { ["New"] = 2 };
    }

    [TestCase(0)]
    [TestCase(12)]
    [TestCase(99)]
    public async Task A_row_that_is_there_fails_its_place_and_nothing_is_applied(int failing)
    {
        await table.AddEntityAsync(new TableEntity("account", $"{failing}"));

        Assert.That(
            Failure([.. Enumerable.Range(0, 100).Select(i => TestTable.Add($"{i}"))]), Is.EqualTo((failing, 409, "EntityAlreadyExists")));
        Assert.That(await table.Rows(), Has.Count.EqualTo(1));
    }

    [TestCase(TableTransactionActionType.UpdateMerge)]
    [TestCase(TableTransactionActionType.UpdateReplace)]
    [TestCase(TableTransactionActionType.Delete)]
    public async Task A_stale_ETag_and_an_absent_row_fail_their_place(TableTransactionActionType type)
    {
        await table.AddEntityAsync(new TableEntity("account", "row"));

        Assert.That(
            Failure([TestTable.Add("new"), new(type, new TableEntity("account", "row") { ["Changed"] = true }, TestTable.Stale)]),
            Is.EqualTo((1, 412, "UpdateConditionNotSatisfied")));
        Assert.That(
            Failure([TestTable.Add("new"), new(type, new TableEntity("account", "absent"), ETag.All)]),
            Is.EqualTo((1, 404, "ResourceNotFound")));
        Assert.That((await table.Rows()).Single().ContainsKey("Changed"), Is.False);
    }

    [Test]
    public async Task The_current_ETag_lets_the_transaction_through()
    {
        var etag = (await table.AddEntityAsync(new TableEntity("account", "row"))).Headers.ETag!.Value;

        await table.SubmitTransactionAsync(
            [new(TableTransactionActionType.UpdateMerge, new TableEntity("account", "row"), etag), TestTable.Add("new")]);

        Assert.That(await table.Rows(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Above_4_MiB_it_is_refused_as_a_whole_and_names_no_row()
    {
        var large = new string('x', 32_000);

        var refusal = TestTable.Refusal(() => table.SubmitTransactionAsync(Enumerable.Range(0, 50).Select(i =>
            new TableTransactionAction(
                TableTransactionActionType.Add, new TableEntity("account", $"{i}") { ["A"] = large, ["B"] = large, ["C"] = large }))));

        Assert.That(refusal, Is.Not.InstanceOf<TableTransactionFailedException>().And.Property("Status").EqualTo(413));
        Assert.That(await table.Rows(), Is.Empty);
    }

    [Test]
    public async Task Text_that_looks_like_a_boundary_or_a_request_does_no_harm()
    {
        const string Text = "{\"a\":{}}\r\n--batch_1\r\n--changeset_2--\r\nPUT http://x HTTP/1.1\r\n\r\n";
        await table.SubmitTransactionAsync(
        [
            TestTable.Add("1"),
            new(TableTransactionActionType.Add, new TableEntity("account", "2") { ["Text"] = Text }),
            TestTable.Add("3"),
        ]);

        Assert.That((await table.GetEntityAsync<TableEntity>("account", "2")).Value.GetString("Text"), Is.EqualTo(Text));
    }

    private (int? Index, int Status, string? Code) Failure(TableTransactionAction[] actions)
    {
        var failure = Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(actions))!;
        return (failure.FailedTransactionActionIndex, failure.Status, failure.ErrorCode);
    }
}
