using Azure;
using Azure.Data.Tables;
using Pipeline.Storage;

namespace Pipeline.Tests;

/// <summary>Rows as text, and how large they become.</summary>
public sealed class RowTests
{
    private static readonly TableEntity Row = new("demo", "job~x")
    {
        ["Prompt"] = "Ein \"Fuchs\"\nim Schnee, \\ 狐 🦊",
        ["Empty"] = "",
        ["Num"] = int.MaxValue,
        ["Held"] = long.MinValue,
        ["CancelRequested"] = true,
        ["Embed"] = false,
        ["CreatedAt"] = new DateTimeOffset(2026, 11, 23, 9, 14, 19, TimeSpan.Zero).AddTicks(1_234_567),
    };

    [Test]
    public void A_row_reads_back_from_its_text_with_all_values_their_types_and_its_ETag()
    {
        var read = RowText.Read(RowText.Write(Row, new ETag("W/\"1\"")))!;

        Assert.That(read.ETag, Is.EqualTo(new ETag("W/\"1\"")));
        foreach (var (name, value) in Row)
        {
            Assert.That(read[name], Is.EqualTo(value).And.TypeOf(value!.GetType()), name);
        }
    }

    [TestCase("")]
    [TestCase("{}")]
    [TestCase("[]")]
    [TestCase("[[\"etag\",\"more\"]]")]
    [TestCase("[[\"etag\"],[\"Num\",\"i\"]]")]
    [TestCase("[[\"etag\"],[\"Num\",\"i\",\"x\"]]")]
    [TestCase("[[\"etag\"],[\"Num\",\"?\",\"1\"]]")]
    public void Text_that_is_no_row_is_none(string text) => Assert.That(RowText.Read(text), Is.Null);

    [Test]
    public void A_row_is_never_larger_than_it_was_said_to_be()
    {
        foreach (var text in (string[])["plain", "狐狐狐", "\"\\\n\t<>&'", "🦊🦊", new string('ä', 30_000)])
        {
            var row = new TableEntity("demo", "row") { ["Text"] = text, ["Number"] = 1L, ["Time"] = DateTimeOffset.MaxValue };
            var sent = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(row.ToDictionary(value => value.Key, value => value.Value));
            Assert.That(RowSize.Of(row), Is.GreaterThanOrEqualTo(sent.Length), text[..Math.Min(20, text.Length)]);
        }
    }
}
