using System.Text;
using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

public sealed class QueryFilterTests
{
    private static IEnumerable<TestCaseData> Literals()
    {
        yield return new TestCaseData("it's", "'it''s'");
        yield return new TestCaseData("", "''");
        yield return new TestCaseData('\'', "''''");
        yield return new TestCaseData(new StringBuilder("it's"), "'it''s'");
        yield return new TestCaseData(true, "true");
        yield return new TestCaseData(false, "false");
        yield return new TestCaseData((byte)5, "5");
        yield return new TestCaseData((short)-5, "-5");
        yield return new TestCaseData(5, "5");
        yield return new TestCaseData(5U, "5");
        yield return new TestCaseData(5L, "5L");
        yield return new TestCaseData(5UL, "5L");
        yield return new TestCaseData(0.5, "0.5");
        yield return new TestCaseData(0.5f, "0.5");
        yield return new TestCaseData(0.5m, "0.5");
        yield return new TestCaseData(new Guid("6f76d946-2633-4b6d-8723-a45e7b41f56f"), "guid'6f76d946-2633-4b6d-8723-a45e7b41f56f'");
        yield return new TestCaseData(new byte[] { 0, 10, 255 }, "X'000AFF'");
        yield return new TestCaseData(new BinaryData(new byte[] { 0, 10, 255 }), "X'000AFF'");
        yield return new TestCaseData(new DateTimeOffset(2026, 1, 1, 2, 0, 0, TimeSpan.FromHours(2)), "datetime'2026-01-01T00:00:00Z'");
        yield return new TestCaseData(DateTime.UnixEpoch.AddTicks(7), "datetime'1970-01-01T00:00:00.0000007Z'");
        yield return new TestCaseData(null, "null");
    }

    [TestCaseSource(nameof(Literals))]
    public void A_value_becomes_the_literal_of_its_type(object? value, string literal) =>
        Assert.That(TableClient.CreateQueryFilter($"Property eq {value}"), Is.EqualTo($"Property eq {literal}"));

    [Test]
    public void A_quote_cannot_leave_its_literal() =>
        Assert.That(
            TableClient.CreateQueryFilter($"PartitionKey eq {"x' or 'a' eq 'a"} and RowKey eq {"{0}"}"),
            Is.EqualTo("PartitionKey eq 'x'' or ''a'' eq ''a' and RowKey eq '{0}'"));

    [Test]
    public void A_type_that_filters_do_not_know_is_refused() =>
        Assert.That(
            () => TableClient.CreateQueryFilter($"Property eq {TimeSpan.Zero}"),
            Throws.ArgumentException.With.Message.Contains("TimeSpan"));

    [Test]
    public async Task The_service_understands_the_literals()
    {
        var table = await Account.NewTable();
        var (date, id) = (new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(7), Guid.NewGuid());
        await table.AddEntityAsync(new TableEntity("it's", "row")
        {
            ["Date"] = date,
            ["Id"] = id,
            ["Bytes"] = new byte[] { 0, 10, 255 },
            ["Long"] = long.MaxValue,
            ["Double"] = 0.5,
            ["Flag"] = true,
        });
        FormattableString[] filters =
        [
            $"PartitionKey eq {"it's"}", $"Date eq {date}", $"Date le {date.UtcDateTime}", $"Id eq {id}",
            $"Bytes eq {new byte[] { 0, 10, 255 }}", $"Long eq {long.MaxValue}", $"Double eq {0.5}", $"Flag eq {true}",
        ];
        foreach (var filter in filters)
            Assert.That(await table.Rows(TableClient.CreateQueryFilter(filter)), Has.Count.EqualTo(1), filter.Format);
    }
}
