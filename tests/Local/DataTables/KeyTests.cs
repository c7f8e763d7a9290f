using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

/// <summary>Keys may hold all but <c>/ \ # ?</c> and control characters, up to 1 KiB, which are 512 characters.</summary>
public sealed class KeyTests
{
    private TableClient table = null!;

    private static string[] Allowed() =>
    [
        "it's", "''", "100%", "a%2Fb", "a b", "a+b", "a&b=c", "ä é ñ", "漢字", "🎨", "{x}", "a,b;c:d|e", "~!@$^*()_-=[]\"<>.", "..", "",
    ];

    private static string[] Forbidden() => ["a/b", "a\\b", "a#b", "a?b", "a\tb", "a\nb", "a\u007fb", new('k', 513)];

    [OneTimeSetUp]
    public async Task Start() => table = await Account.NewTable();

    [TestCaseSource(nameof(Allowed))]
    public async Task A_row_is_found_changed_and_deleted_by_a_key_that_needs_escaping(string key)
    {
        await table.AddEntityAsync(new TableEntity($"single {key}", key));
        var read = (await table.GetEntityAsync<TableEntity>($"single {key}", key)).Value;
        Assert.That((read.PartitionKey, read.RowKey), Is.EqualTo(($"single {key}", key)));

        read["Changed"] = true;
        await table.UpdateEntityAsync(read, read.ETag);
        var found = await table.Rows(
            TableClient.CreateQueryFilter($"PartitionKey eq {read.PartitionKey} and RowKey eq {key} and Changed eq {true}"));
        Assert.That(found, Has.Count.EqualTo(1));

        Assert.That((await table.DeleteEntityAsync(read)).Status, Is.EqualTo(204));
        Assert.That((await table.GetEntityIfExistsAsync<TableEntity>(read.PartitionKey, key)).HasValue, Is.False);
    }

    [TestCaseSource(nameof(Allowed))]
    public async Task A_transaction_reaches_rows_by_keys_that_need_escaping(string key)
    {
        var partition = $"transaction {key}";
        await table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.Add, new TableEntity(partition, key) { ["Text"] = key }),
            new(TableTransactionActionType.Add, new TableEntity(partition, $"{key}-2")),
        ]);
        await table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.UpdateMerge, new TableEntity(partition, key) { ["Changed"] = true }, Azure.ETag.All),
            new(TableTransactionActionType.Delete, new TableEntity(partition, $"{key}-2")),
        ]);

        var rows = await table.Rows(TableClient.CreateQueryFilter($"PartitionKey eq {partition}"));
        var row = rows.Single();
        Assert.That((row.RowKey, row.GetString("Text"), row.GetBoolean("Changed")), Is.EqualTo((key, key, (bool?)true)));
    }

    [TestCaseSource(nameof(Forbidden))]
    public void A_key_with_a_forbidden_character_is_refused(string key) =>
        Assert.That(Account.Refusal(() => table.AddEntityAsync(new TableEntity("account", key))).Status, Is.EqualTo(400));

    [Test]
    public void A_row_without_keys_is_refused_before_it_is_sent() =>
        Assert.That(() => table.AddEntityAsync(new TableEntity { PartitionKey = "account" }), Throws.ArgumentNullException);
}
