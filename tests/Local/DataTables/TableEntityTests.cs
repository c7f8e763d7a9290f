using Azure;
using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

public sealed class TableEntityTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TableEntity row = new("account", "job")
    {
        ["Text"] = "a",
        ["Flag"] = true,
        ["Int"] = 1,
        ["Long"] = 2L,
        ["Double"] = 3.0,
        ["Id"] = Guid.Empty,
        ["Bytes"] = new byte[] { 4 },
        ["Date"] = Noon,
    };

    [Test]
    public void Each_type_has_its_getter()
    {
        Assert.That(
            (row.GetString("Text"), row.GetBoolean("Flag"), row.GetInt32("Int"), row.GetInt64("Long")),
            Is.EqualTo(("a", true, 1, 2L)));
        Assert.That((row.GetDouble("Double"), row.GetGuid("Id")), Is.EqualTo((3.0, Guid.Empty)));
        Assert.That(row.GetBinary("Bytes"), Is.EqualTo(row.GetBinaryData("Bytes")!.ToArray()));
        Assert.That(row.GetDateTime("Date"), Is.EqualTo(row.GetDateTimeOffset("Date")!.Value.UtcDateTime));
    }

    [Test]
    public void An_absent_property_reads_as_null() =>
        Assert.That(
            (row["None"], row.GetString("None"), row.GetInt64("None"), row.GetBinary("None"), row.GetDateTime("None")),
            Is.EqualTo(default((object?, string?, long?, byte[]?, DateTime?))));

    [Test]
    public void A_property_is_not_read_as_another_type() =>
        Assert.That(() => row.GetInt64("Int"), Throws.InvalidOperationException);

    [Test]
    public void A_copy_does_not_change_with_its_source()
    {
        var copy = new TableEntity(row) { ["Int"] = 9 };
        Assert.That((copy.RowKey, copy.GetInt32("Int"), row.GetInt32("Int")), Is.EqualTo(("job", 9, 1)));
    }

    [Test]
    public void Setting_an_int_keeps_the_type_of_a_long_or_a_double()
    {
        var copy = new TableEntity(row) { ["Long"] = 5, ["Double"] = 6 };
        Assert.That((copy["Long"], copy["Double"]), Is.EqualTo(((object)5L, (object)6.0)));
    }

    [Test]
    public void A_row_that_was_never_stored_has_no_ETag() =>
        Assert.That((row.ETag, row.Timestamp), Is.EqualTo((default(ETag), default(DateTimeOffset?))));
}
