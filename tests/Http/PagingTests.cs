using FsCheck;
using FsCheck.Fluent;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

public sealed class PagingTests
{
    [Test]
    public void A_cursor_leads_back_to_its_position_in_its_own_list_only() => Check.QuickThrowOnFailure(
        Prop.ForAll(ArbMap.Default.ArbFor<NonEmptyString>(), position =>
        {
            var cursor = Paging.Cursor(Clean(position.Get), "jobs/demo")!;
            return Read(cursor, "jobs/demo") == (Clean(position.Get), 0)
                && Read(cursor, "jobs/other") == (null, 1)
                && Read(cursor, "manifests/demo") == (null, 1);
        }));

    [Test]
    public void A_cursor_that_is_changed_anywhere_is_refused()
    {
        var cursor = Paging.Cursor("1!8!ZGVtbw-- 1!48!am9ifmFiY2RlZg--", "jobs/demo")!;

        for (var i = 0; i < cursor.Length - 1; i++)
        {
            var changed = cursor[..i] + (cursor[i] == 'x' ? 'y' : 'x') + cursor[(i + 1)..];
            Assert.That(Read(changed, "jobs/demo"), Is.EqualTo(((string?)null, 1)), changed);
        }
    }

    [TestCase("")]
    [TestCase("AAAAAAAAAAA")]
    [TestCase("job_01m82b1mjcs76cjagt8m64atfn")]
    [TestCase("not base64!")]
    public void What_is_no_cursor_is_refused(string cursor) => Assert.That(Read(cursor, "jobs/demo"), Is.EqualTo(((string?)null, 1)));

    [Test]
    public void Behind_the_last_page_there_is_no_cursor() => Assert.That(Paging.Cursor(null, "jobs/demo"), Is.Null);

    // Half a surrogate pair is no text that a service could send.
    private static string Clean(string text) => string.Concat(text.Where(c => !char.IsSurrogate(c))) + "x";

    private static (string? Position, int Errors) Read(string cursor, string list)
    {
        var query = new QueryFields(new QueryCollection(new Dictionary<string, StringValues> { ["cursor"] = cursor }));
        var position = Paging.Position(query, list);
        return (position, query.RefuseOthers().Count);
    }
}
