using Azure.Data.Tables;
using FsCheck;
using FsCheck.Fluent;
using Pipeline.CopyTables;

namespace Pipeline.Tests.Infra.Tables;

/// <summary>A row comes back from its line as it was, with the types of its columns.</summary>
public sealed class RowLineTests
{
    private static readonly Gen<object> Values = Gen.OneOf(
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => (object)text.Get),
        ArbMap.Default.GeneratorFor<bool>().Select(yes => (object)yes),
        ArbMap.Default.GeneratorFor<int>().Select(number => (object)number),
        ArbMap.Default.GeneratorFor<long>().Select(number => (object)number),
        ArbMap.Default.GeneratorFor<double>().Select(number => (object)number),
        ArbMap.Default.GeneratorFor<DateTimeOffset>().Select(time => (object)time.ToUniversalTime()),
        ArbMap.Default.GeneratorFor<Guid>().Select(id => (object)id),
        ArbMap.Default.GeneratorFor<byte[]>().Select(bytes => (object)bytes));

    [Test]
    public void Every_value_comes_back_with_its_type() => Prop.ForAll(Values.ArrayOf().ToArbitrary(), values =>
    {
        var row = new TableEntity("partition", "row");
        for (var n = 0; n < values.Length; n++) row[$"Column{n}"] = values[n];

        var read = RowLine.Read(RowLine.Write(row));

        Assert.That(read.Keys, Is.EquivalentTo(row.Keys));
        foreach (var (name, value) in row) Assert.That((read[name]?.GetType(), read[name]), Is.EqualTo((value?.GetType(), value)), name);
    }).QuickCheckThrowOnFailure();

    [Test]
    public void A_line_is_read_by_people_too() => Assert.That(
        RowLine.Write(new TableEntity("studio", "account")
        {
            ["Timestamp"] = DateTimeOffset.UnixEpoch,
            ["odata.etag"] = "W/1",
            ["Name"] = "Ägypten & Co",
            ["Available"] = 100L,
        }),
        Is.EqualTo("""{"Available":{"Int64":"100"},"Name":"Ägypten & Co","PartitionKey":"studio","RowKey":"account"}"""));

    [TestCase("")]
    [TestCase("5")]
    [TestCase("null")]
    [TestCase("""{"RowKey":"a"}""")]
    [TestCase("""{"PartitionKey":"a","RowKey":"b","C":null}""")]
    [TestCase("""{"PartitionKey":"a","RowKey":"b","C":5}""")]
    [TestCase("""{"PartitionKey":"a","RowKey":"b","C":{}}""")]
    [TestCase("""{"PartitionKey":"a","RowKey":"b","RowKey":"c"}""")]
    [TestCase("""{"PartitionKey":"a","RowKey":"b","C":{"Int64":"x"}}""")]
    [TestCase("""{"PartitionKey":"a","RowKey":"b","C":{"Int16":"1"}}""")]
    [TestCase("""{"PartitionKey":"a","RowKey":"b","C":{"Int32":"9999999999"}}""")]
    public void A_damaged_line_is_refused(string line) => Assert.That(() => RowLine.Read(line), Throws.TypeOf<FormatException>());
}
