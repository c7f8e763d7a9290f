using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

public sealed class PropertyTypeTests
{
    private TableClient table = null!;

    private static IEnumerable<TestCaseData> Values()
    {
        yield return new TestCaseData("text with 'quotes', \"more\", ä, 漢字, 🎨 and\r\na line break").SetArgDisplayNames("string");
        yield return new TestCaseData("").SetArgDisplayNames("empty string");
        yield return new TestCaseData(int.MinValue);
        yield return new TestCaseData(long.MaxValue);
        yield return new TestCaseData(long.MinValue);
        yield return new TestCaseData(5.0);
        yield return new TestCaseData(0.1);
        yield return new TestCaseData(double.MaxValue);
        yield return new TestCaseData(double.Epsilon);
        yield return new TestCaseData(double.NaN);
        yield return new TestCaseData(double.PositiveInfinity);
        yield return new TestCaseData(double.NegativeInfinity);
        yield return new TestCaseData(true);
        yield return new TestCaseData(false);
        yield return new TestCaseData(new Guid("6f76d946-2633-4b6d-8723-a45e7b41f56f"));
        yield return new TestCaseData(new byte[] { 0, 1, 254, 255 }).SetArgDisplayNames("binary");
        yield return new TestCaseData(Array.Empty<byte>()).SetArgDisplayNames("empty binary");
        yield return new TestCaseData(DateTimeOffset.UnixEpoch.AddTicks(1_234_567)).SetArgDisplayNames("date");
    }

    [OneTimeSetUp]
    public async Task Start() => table = await Account.NewTable();

    [TestCaseSource(nameof(Values))]
    public async Task A_property_comes_back_with_its_type_and_value(object value)
    {
        await table.UpsertEntityAsync(new TableEntity("types", "row") { ["Value"] = value }, TableUpdateMode.Replace);

        var read = await table.GetEntityAsync<TableEntity>("types", "row");
        Assert.That(read.Value["Value"], Is.EqualTo(value).And.TypeOf(value.GetType()));
    }

    [Test]
    public async Task A_date_is_kept_in_UTC_to_seven_digits()
    {
        var date = new DateTimeOffset(2026, 7, 1, 12, 0, 0, TimeSpan.FromHours(2)).AddTicks(7);
        await table.AddEntityAsync(new TableEntity("dates", "offset") { ["Offset"] = date, ["Utc"] = date.UtcDateTime });

        var read = (await table.GetEntityAsync<TableEntity>("dates", "offset")).Value;
        Assert.That(read.GetDateTimeOffset("Offset"), Is.EqualTo(date).And.Property("Offset").EqualTo(TimeSpan.Zero));
        Assert.That(read.GetDateTime("Utc"), Is.EqualTo(date.UtcDateTime).And.Property("Kind").EqualTo(DateTimeKind.Utc));
    }

    [Test]
    public void A_date_of_unknown_zone_is_refused() =>
        Assert.That(
            () => table.AddEntityAsync(new TableEntity("dates", "local") { ["Date"] = new DateTime(0, DateTimeKind.Local) }),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("Date is a DateTime of kind Local"));

    [Test]
    public void An_enum_is_refused_in_a_row_of_any_shape() =>
        Assert.That(
            () => table.AddEntityAsync(new TableEntity("enums", "row") { ["Day"] = DayOfWeek.Friday }),
            Throws.TypeOf<NotSupportedException>());

    [Test]
    public void A_type_that_tables_do_not_know_is_refused_by_name() =>
        Assert.That(
            () => table.AddEntityAsync(new TableEntity("types", "list") { ["Images"] = new List<int>() }),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("Images"));

    [Test]
    public async Task Null_is_not_stored()
    {
        await table.AddEntityAsync(new TableEntity("nulls", "row") { ["Nothing"] = null });

        Assert.That((await table.GetEntityAsync<TableEntity>("nulls", "row")).Value.ContainsKey("Nothing"), Is.False);
    }

    [Test]
    public async Task A_row_has_a_timestamp_and_the_ETag_that_the_write_answered()
    {
        var written = await table.AddEntityAsync(new TableEntity("stamps", "row"));

        var read = (await table.GetEntityAsync<TableEntity>("stamps", "row")).Value;
        Assert.That(read.ETag, Is.EqualTo(written.Headers.ETag));
        Assert.That(read.Timestamp, Is.Not.Null.And.Property("Offset").EqualTo(TimeSpan.Zero));
    }

    [Test]
    public async Task A_row_that_was_read_can_be_written_again()
    {
        await table.AddEntityAsync(new TableEntity("again", "row") { ["Credits"] = 5L });
        var read = (await table.GetEntityAsync<TableEntity>("again", "row")).Value;
        read["Credits"] = 7;
        await table.UpdateEntityAsync(read, read.ETag, TableUpdateMode.Replace);

        Assert.That((await table.GetEntityAsync<TableEntity>("again", "row")).Value["Credits"], Is.EqualTo(7L).And.TypeOf<long>());
    }
}
