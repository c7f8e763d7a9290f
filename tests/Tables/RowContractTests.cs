using Azure;
using Azure.Data.Tables;

namespace Pipeline.Tests.Tables;

/// <summary>What the app takes for granted of the table client and of single rows: a newer package or emulator must keep to it.</summary>
public sealed class RowContractTests
{
    private TableClient table = null!;

    private static IEnumerable<TestCaseData> Values()
    {
        yield return new TestCaseData("text with 'quotes', \"more\", ä, 漢字, 🎨 and\r\na line break").SetArgDisplayNames("string");
        yield return new TestCaseData("").SetArgDisplayNames("empty string");
        yield return new TestCaseData(int.MinValue);
        yield return new TestCaseData(long.MaxValue);
        yield return new TestCaseData(5L).SetArgDisplayNames("a long that an int could hold");
        yield return new TestCaseData(true);
        yield return new TestCaseData(false);
        yield return new TestCaseData(DateTimeOffset.UnixEpoch.AddTicks(1_234_567)).SetArgDisplayNames("date");
    }

    [OneTimeSetUp]
    public async Task Start() => table = await TestTable.New();

    [TestCaseSource(nameof(Values))]
    public async Task A_value_comes_back_with_its_type(object value)
    {
        await table.UpsertEntityAsync(new TableEntity("types", "row") { ["Value"] = value }, TableUpdateMode.Replace);

        Assert.That((await Read("types", "row"))["Value"], Is.EqualTo(value).And.TypeOf(value.GetType()));
    }

    [Test]
    public async Task Null_is_not_stored_absent_reads_as_null_and_another_type_is_an_invalid_operation()
    {
        await table.AddEntityAsync(new TableEntity("types", "nulls") { ["Nothing"] = null, ["Text"] = "a" });

        var row = await Read("types", "nulls");
        Assert.That(row.ContainsKey("Nothing"), Is.False);
        Assert.That((row.GetInt64("Nothing"), row.GetString("None")), Is.EqualTo((default(long?), default(string))));
        Assert.That(() => row.GetInt64("Text"), Throws.InvalidOperationException);
    }

    [TestCase("it's")]
    [TestCase("100%2F")]
    [TestCase("a b+c&d=e")]
    [TestCase("job~0_漢字")]
    public async Task A_row_is_found_changed_and_deleted_by_a_key_that_needs_escaping(string key)
    {
        await table.AddEntityAsync(new TableEntity($"single {key}", key));
        await table.SubmitTransactionAsync(
            [new(TableTransactionActionType.UpdateMerge, new TableEntity($"single {key}", key) { ["Changed"] = true }, ETag.All)]);

        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {$"single {key}"} and RowKey eq {key} and Changed eq {true}");
        Assert.That(await table.Rows(filter), Has.Count.EqualTo(1));
        Assert.That((await table.DeleteEntityAsync($"single {key}", key)).Status, Is.EqualTo(204));
        Assert.That((await table.GetEntityIfExistsAsync<TableEntity>($"single {key}", key)).HasValue, Is.False);
    }

    [Test]
    public async Task A_row_that_is_there_is_not_added_again()
    {
        await table.AddEntityAsync(new TableEntity("add", "twice"));

        var refusal = TestTable.Refusal(() => table.AddEntityAsync(new TableEntity("add", "twice")));
        Assert.That((refusal.Status, refusal.ErrorCode), Is.EqualTo((409, "EntityAlreadyExists")));
    }

    [Test]
    public async Task What_is_absent_is_an_answer_where_it_may_be_absent_and_404_elsewhere()
    {
        var answer = await table.GetEntityIfExistsAsync<TableEntity>("absent", "row");
        Assert.That((answer.HasValue, answer.GetRawResponse().IsError), Is.EqualTo((false, false)));
        Assert.That((await table.DeleteEntityAsync("absent", "row")).Status, Is.EqualTo(404));
        Func<Task>[] calls =
        [
            () => table.GetEntityAsync<TableEntity>("absent", "row"),
            () => table.UpdateEntityAsync(new TableEntity("absent", "row"), ETag.All),
        ];
        foreach (var call in calls) Assert.That(TestTable.Refusal(call).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task A_stale_ETag_is_412_and_what_the_last_write_answered_goes_through()
    {
        var added = await table.AddEntityAsync(new TableEntity("etags", "row") { ["Old"] = 1 });
        var updated = await table.UpdateEntityAsync(new TableEntity("etags", "row") { ["New"] = 2 }, added.Headers.ETag!.Value);

        var row = await Read("etags", "row");
        Assert.That((row.ETag, row.GetInt32("Old"), row.GetInt32("New")), Is.EqualTo((updated.Headers.ETag!.Value, (int?)1, (int?)2)));
        foreach (var mode in Enum.GetValues<TableUpdateMode>())
            Assert.That(TestTable.Refusal(() => table.UpdateEntityAsync(row, added.Headers.ETag!.Value, mode)).Status, Is.EqualTo(412));
        Assert.That(TestTable.Refusal(() => table.DeleteEntityAsync("etags", "row", TestTable.Stale)).Status, Is.EqualTo(412));
        Assert.That((await table.DeleteEntityAsync("etags", "row", row.ETag)).Status, Is.EqualTo(204));
    }

    [Test]
    public async Task Only_selected_values_are_read()
    {
        await table.AddEntityAsync(new TableEntity("select", "row") { ["Credits"] = 5L, ["Spent"] = 2L });

        var row = (await table.GetEntityAsync<TableEntity>("select", "row", ["Credits"])).Value;
        Assert.That((row.GetInt64("Credits"), row.ContainsKey("Spent")), Is.EqualTo(((long?)5, false)));
    }

    /// <summary>As at every start of the app.</summary>
    [Test]
    public async Task A_table_that_is_there_is_no_fault()
    {
        var service = new TableServiceClient(Storage.NewAccount());
        await service.CreateTableIfNotExistsAsync("ledger");

        var again = await service.CreateTableIfNotExistsAsync("ledger");

        Assert.That(again.GetRawResponse().IsError, Is.False);
    }

    private async Task<TableEntity> Read(string partitionKey, string rowKey) =>
        (await table.GetEntityAsync<TableEntity>(partitionKey, rowKey)).Value;
}
