using Azure;
using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

public sealed class TransactionTests
{
    private TableClient table = null!;

    [SetUp]
    public async Task Start() => table = await Account.NewTable();

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(100)]
    public async Task All_actions_are_applied_and_answered_in_their_order(int count)
    {
        var answer = await table.SubmitTransactionAsync(Enumerable.Range(0, count).Select(i => Account.Add($"{i:D3}")));

        var rows = await table.Rows();
        Assert.That(answer.GetRawResponse().Status, Is.EqualTo(202));
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
            new(TableTransactionActionType.UpsertReplace, New("upsert-new")),
        ]);

        var rows = await table.Rows();
        Assert.That(rows.Select(row => (row.RowKey, row.GetInt32("Old"), row.GetInt32("New"))), Is.EqualTo(new (string, int?, int?)[]
        {
            ("add", null, 2), ("merge", 1, 2), ("replace", null, 2),
            ("upsert-merge", 1, 2), ("upsert-new", null, 2), ("upsert-replace", null, 2),
        }));

        static TableEntity New(string key) => new("account", key) { ["New"] = 2 };
    }

    [TestCase(0)]
    [TestCase(2)]
    [TestCase(4)]
    public async Task A_failed_action_is_named_and_nothing_is_applied(int failing)
    {
        await table.AddEntityAsync(new TableEntity("account", $"{failing}"));

        var failure = Failure([.. Enumerable.Range(0, 5).Select(i => Account.Add($"{i}"))]);

        Assert.That(
            (failure.FailedTransactionActionIndex, failure.Status, failure.ErrorCode),
            Is.EqualTo(((int?)failing, 409, "EntityAlreadyExists")));
        Assert.That(await table.Rows(), Has.Count.EqualTo(1));
    }

    [TestCase(TableTransactionActionType.UpdateMerge)]
    [TestCase(TableTransactionActionType.UpdateReplace)]
    [TestCase(TableTransactionActionType.Delete)]
    public async Task A_stale_ETag_fails_the_transaction(TableTransactionActionType type)
    {
        await table.AddEntityAsync(new TableEntity("account", "row"));

        var failure = Failure([Account.Add("new"), new(type, new TableEntity("account", "row") { ["Changed"] = true }, Account.Stale)]);

        Assert.That(
            (failure.FailedTransactionActionIndex, failure.Status, failure.ErrorCode),
            Is.EqualTo(((int?)1, 412, "UpdateConditionNotSatisfied")));
        Assert.That((await table.Rows()).Single().ContainsKey("Changed"), Is.False);
    }

    [TestCase(TableTransactionActionType.UpdateMerge)]
    [TestCase(TableTransactionActionType.UpdateReplace)]
    [TestCase(TableTransactionActionType.Delete)]
    public async Task The_current_ETag_lets_the_transaction_through(TableTransactionActionType type)
    {
        var etag = (await table.AddEntityAsync(new TableEntity("account", "row"))).Headers.ETag!.Value;

        var answer = await table.SubmitTransactionAsync([Account.Add("new"), new(type, new TableEntity("account", "row"), etag)]);

        Assert.That(answer.Value.Select(part => part.Status), Is.EqualTo((int[])[204, 204]));
    }

    [TestCase(TableTransactionActionType.UpdateMerge)]
    [TestCase(TableTransactionActionType.UpdateReplace)]
    [TestCase(TableTransactionActionType.Delete)]
    public async Task An_absent_row_fails_the_transaction(TableTransactionActionType type)
    {
        var failure = Failure([Account.Add("new"), new(type, new TableEntity("account", "absent"), ETag.All)]);

        Assert.That(
            (failure.FailedTransactionActionIndex, failure.Status, failure.ErrorCode),
            Is.EqualTo(((int?)1, 404, "ResourceNotFound")));
        Assert.That(await table.Rows(), Is.Empty);
    }

    [Test]
    public async Task An_update_without_an_ETag_is_an_upsert()
    {
        await table.SubmitTransactionAsync([new(TableTransactionActionType.UpdateMerge, new TableEntity("account", "new"))]);
        Assert.That(await table.Rows(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task More_than_100_actions_are_refused()
    {
        var failure = Failure([.. Enumerable.Range(0, 101).Select(i => Account.Add($"{i}"))]);

        Assert.That((failure.Status, failure.ErrorCode), Is.EqualTo((400, "InvalidInput")));
        Assert.That(await table.Rows(), Is.Empty);
    }

    [Test]
    public async Task Actions_on_two_partitions_are_refused()
    {
        var failure = Failure([Account.Add("1"), Account.Add("2"), new(TableTransactionActionType.Add, new TableEntity("other", "3"))]);

        Assert.That(
            (failure.FailedTransactionActionIndex, failure.Status, failure.ErrorCode),
            Is.EqualTo(((int?)2, 400, "CommandsInBatchActOnDifferentPartitions")));
        Assert.That(await table.Rows(), Is.Empty);
    }

    [Test]
    public async Task Two_actions_on_one_row_are_refused()
    {
        var failure = Failure([Account.Add("1"), new(TableTransactionActionType.UpsertMerge, new TableEntity("account", "1"))]);

        Assert.That(
            (failure.FailedTransactionActionIndex, failure.Status, failure.ErrorCode),
            Is.EqualTo(((int?)1, 400, "InvalidDuplicateRow")));
        Assert.That(await table.Rows(), Is.Empty);
    }

    [Test]
    public void A_transaction_without_actions_is_refused_before_it_is_sent() =>
        Assert.That(() => table.SubmitTransactionAsync([]), Throws.InvalidOperationException);

    [Test]
    public async Task Text_that_looks_like_a_boundary_or_a_request_does_no_harm()
    {
        const string Text = "{\"a\":{}}\r\n--batch_1\r\n--changeset_2--\r\nPUT http://x HTTP/1.1\r\n\r\n";
        await table.SubmitTransactionAsync(
            [Account.Add("1"), new(TableTransactionActionType.Add, new TableEntity("account", "2") { ["Text"] = Text }), Account.Add("3")]);

        Assert.That((await table.GetEntityAsync<TableEntity>("account", "2")).Value.GetString("Text"), Is.EqualTo(Text));
    }

    [Test]
    public async Task A_transaction_above_4_MiB_is_refused_as_a_whole()
    {
        var large = new string('x', 32_000);
        var refusal = Account.Refusal(() => table.SubmitTransactionAsync(Enumerable.Range(0, 50).Select(i =>
            new TableTransactionAction(
                TableTransactionActionType.Add, new TableEntity("account", $"{i}") { ["A"] = large, ["B"] = large, ["C"] = large }))));

        Assert.That(refusal, Is.Not.InstanceOf<TableTransactionFailedException>().And.Property("Status").EqualTo(413));
        Assert.That(await table.Rows(), Is.Empty);
    }

    private TableTransactionFailedException Failure(TableTransactionAction[] actions) =>
        Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(actions))!;
}
