using Azure;
using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

public sealed class RowTests
{
    private TableClient table = null!;

    [OneTimeSetUp]
    public async Task Start() => table = await Account.NewTable();

    [Test]
    public async Task Adding_a_row_answers_204_with_its_ETag()
    {
        var answer = await table.AddEntityAsync(new TableEntity("add", "row"));
        Assert.That((answer.Status, answer.Headers.ETag), Is.EqualTo((204, (ETag?)(await Read("add", "row")).ETag)));
    }

    [Test]
    public async Task Adding_a_row_twice_is_refused()
    {
        await table.AddEntityAsync(new TableEntity("add", "twice"));
        var refusal = Account.Refusal(() => table.AddEntityAsync(new TableEntity("add", "twice")));
        Assert.That((refusal.Status, refusal.ErrorCode), Is.EqualTo((409, "EntityAlreadyExists")));
    }

    [Test]
    public void An_absent_row_is_refused()
    {
        var refusal = Account.Refusal(() => table.GetEntityAsync<TableEntity>("get", "absent"));
        Assert.That((refusal.Status, refusal.ErrorCode), Is.EqualTo((404, "ResourceNotFound")));
        Assert.That(refusal.Message, Does.StartWith("The specified resource does not exist."));
    }

    [Test]
    public async Task A_row_that_may_be_absent_is_asked_for_without_an_error()
    {
        var answer = await table.GetEntityIfExistsAsync<TableEntity>("get", "absent");
        Assert.That((answer.HasValue, answer.GetRawResponse().Status, answer.GetRawResponse().IsError), Is.EqualTo((false, 404, false)));
        Assert.That(() => answer.Value, Throws.InvalidOperationException);
    }

    [Test]
    public async Task A_row_that_may_be_absent_comes_if_it_is_there()
    {
        await table.AddEntityAsync(new TableEntity("get", "there") { ["Credits"] = 5L });
        var answer = await table.GetEntityIfExistsAsync<TableEntity>("get", "there");
        Assert.That((answer.HasValue, answer.Value!.GetInt64("Credits")), Is.EqualTo((true, (long?)5)));
    }

    [Test]
    public async Task Only_selected_properties_are_read()
    {
        await table.AddEntityAsync(new TableEntity("get", "select") { ["Credits"] = 5L, ["Held"] = 1L, ["Spent"] = 2L });
        var row = (await table.GetEntityAsync<TableEntity>("get", "select", ["Credits", "Held"])).Value;
        Assert.That((row.GetInt64("Credits"), row.GetInt64("Held"), row.ContainsKey("Spent")), Is.EqualTo(((long?)5, (long?)1, false)));
    }

    [TestCase(TableUpdateMode.Merge, 1)]
    [TestCase(TableUpdateMode.Replace, null)]
    public async Task An_update_keeps_other_properties_if_it_merges(TableUpdateMode mode, int? old)
    {
        var added = await table.AddEntityAsync(new TableEntity("update", $"{mode}") { ["Old"] = 1 });
        var updated = await table.UpdateEntityAsync(new TableEntity("update", $"{mode}") { ["New"] = 2 }, added.Headers.ETag!.Value, mode);

        var row = await Read("update", $"{mode}");
        Assert.That((row.GetInt32("Old"), row.GetInt32("New"), (ETag?)row.ETag), Is.EqualTo((old, (int?)2, updated.Headers.ETag)));
        Assert.That(updated.Headers.ETag, Is.Not.EqualTo(added.Headers.ETag));
    }

    [TestCase(TableUpdateMode.Merge)]
    [TestCase(TableUpdateMode.Replace)]
    public async Task An_update_with_a_stale_ETag_is_refused(TableUpdateMode mode)
    {
        await table.AddEntityAsync(new TableEntity("stale", $"{mode}"));
        var refusal = Account.Refusal(() => table.UpdateEntityAsync(new TableEntity("stale", $"{mode}"), Account.Stale, mode));
        Assert.That((refusal.Status, refusal.ErrorCode), Is.EqualTo((412, "UpdateConditionNotSatisfied")));
    }

    [TestCase(TableUpdateMode.Merge)]
    [TestCase(TableUpdateMode.Replace)]
    public async Task An_update_of_any_version_goes_through(TableUpdateMode mode)
    {
        await table.AddEntityAsync(new TableEntity("any", $"{mode}"));
        Assert.That((await table.UpdateEntityAsync(new TableEntity("any", $"{mode}"), ETag.All, mode)).Status, Is.EqualTo(204));
    }

    [TestCase(TableUpdateMode.Merge)]
    [TestCase(TableUpdateMode.Replace)]
    public void An_update_of_an_absent_row_is_refused(TableUpdateMode mode)
    {
        var refusal = Account.Refusal(() => table.UpdateEntityAsync(new TableEntity("update", "absent"), ETag.All, mode));
        Assert.That((refusal.Status, refusal.ErrorCode), Is.EqualTo((404, "ResourceNotFound")));
    }

    [Test]
    public void An_update_needs_an_ETag() =>
        Assert.That(
            () => table.UpdateEntityAsync(new TableEntity("update", "row"), default),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("ifMatch"));

    [TestCase(TableUpdateMode.Merge, 1)]
    [TestCase(TableUpdateMode.Replace, null)]
    public async Task An_upsert_adds_then_changes(TableUpdateMode mode, int? old)
    {
        await table.UpsertEntityAsync(new TableEntity("upsert", $"{mode}") { ["Old"] = 1 }, mode);
        var second = await table.UpsertEntityAsync(new TableEntity("upsert", $"{mode}") { ["New"] = 2 }, mode);

        var row = await Read("upsert", $"{mode}");
        Assert.That((row.GetInt32("Old"), row.GetInt32("New"), (ETag?)row.ETag), Is.EqualTo((old, (int?)2, second.Headers.ETag)));
    }

    [Test]
    public async Task A_delete_without_an_ETag_takes_any_version()
    {
        await table.AddEntityAsync(new TableEntity("delete", "any"));
        Assert.That((await table.DeleteEntityAsync("delete", "any")).Status, Is.EqualTo(204));
    }

    [Test]
    public async Task A_delete_of_an_absent_row_answers_404_without_throwing() =>
        Assert.That((await table.DeleteEntityAsync("delete", "absent")).Status, Is.EqualTo(404));

    [Test]
    public async Task A_delete_with_a_stale_ETag_is_refused()
    {
        await table.AddEntityAsync(new TableEntity("delete", "stale"));
        var refusal = Account.Refusal(() => table.DeleteEntityAsync("delete", "stale", Account.Stale));
        Assert.That((refusal.Status, refusal.ErrorCode), Is.EqualTo((412, "UpdateConditionNotSatisfied")));
    }

    [Test]
    public async Task A_delete_of_a_row_that_was_read_and_changed_since_takes_any_version_unless_told()
    {
        await table.AddEntityAsync(new TableEntity("delete", "read"));
        var row = await Read("delete", "read");
        await table.UpdateEntityAsync(row, row.ETag);

        Assert.That(Account.Refusal(() => table.DeleteEntityAsync(row, row.ETag)).Status, Is.EqualTo(412));
        Assert.That((await table.DeleteEntityAsync(row)).Status, Is.EqualTo(204));
    }

    private async Task<TableEntity> Read(string partitionKey, string rowKey) =>
        (await table.GetEntityAsync<TableEntity>(partitionKey, rowKey)).Value;
}
