using System.Net.Http.Json;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Pipeline.Tests.Apps;

/// <summary>Images that cannot go along: refused with where they stand, before a credit is held.</summary>
public sealed class RefusedImageTests() : AppTests(credits: 100)
{
    private const string NoJob = "job_01m82b1mjcs76cjagt8m64atfn/0";
    private const string NoReference = "ref_0123456789abcdefghjkmnpqrs";

    private static IEnumerable<TestCaseData> Refused()
    {
        var png = TestPicture.Png();
        return new (string Name, object Source, string Detail)[]
        {
            ("a job that is not there", NoJob, "no such job"),
            ("a reference that is not there", NoReference, "does not have"),
            ("HTML", "data:image/png;base64,PGh0bWw+PGJvZHk+bm90IGFuIGltYWdlPC9ib2R5PjwvaHRtbD4=", "no PNG"),
            ("a cut PNG", TestPicture.DataUri(png[..^5]), $"ends after {png.Length - 5} bytes"),
            ("half of base64", TestPicture.DataUri(png)[..^3], "not base64"),
            ("no base64", "data:image/png;base64,!!!!", "not base64"),
            ("another encoding", "data:image/png,%89PNG", "base64"),
            ("no image type", TestPicture.DataUri(png, "text/html"), "base64"),
            ("one byte too many", TestPicture.DataUri(TestPicture.Png(bytes: (7 << 20) + 1)), "7,340,032"),
        }.Select(refused => new TestCaseData(refused.Source, refused.Detail).SetArgDisplayNames(refused.Name));
    }

    [TestCaseSource(nameof(Refused))]
    public async Task What_cannot_be_had_is_named_where_it_stands_and_nothing_is_held(string source, string detail)
    {
        var good = await account.Upload(TestPicture.Png());
        (object Job, string Pointer)[] jobs =
        [
            (new { prompt = "A cat", ref_images = new[] { good, source } }, "/ref_images/1"),
            (new { prompt = "A cat", ref_images = new object[] { new { image = source } } }, "/ref_images/0/image"),
            (new { prompt = "A cat", edit_of = source }, "/edit_of"),
        ];
        foreach (var (job, pointer) in jobs)
        {
            var answer = await account.Post("v1/jobs", job);
            await SubmitTests.IsProblem(answer, 400, "invalid_request", pointer);
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain(detail).And.Length.LessThan(2000));
        }

        Assert.That(await account.Credits(), Is.EqualTo((100L, 0L, 0L)));
        Assert.That((await account.GetJson("v1/credits/entries?kind=hold")).GetProperty("data").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task All_that_is_missing_is_told_at_once()
    {
        var answer = await account.Post("v1/jobs", new { prompt = "A cat", edit_of = NoJob, ref_images = new[] { NoReference, NoJob } });
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.That(
            problem.GetProperty("errors").EnumerateArray().Select(error => Text(error, "pointer")),
            Is.EqualTo(new[] { "/edit_of", "/ref_images/0", "/ref_images/1" }));
    }

    [Test]
    public async Task Another_accounts_images_are_not_there()
    {
        var other = await app.NewAccount(credits: 100);
        var reference = await other.Upload(TestPicture.Png());
        var job = Text(await other.Run(new { prompt = "A secret" }), "id");

        foreach (var source in new[] { reference, $"{job}/0" })
        {
            var nothing = source == reference ? NoReference : NoJob;
            var theirs = await account.Post("v1/jobs", new { prompt = "A cat", ref_images = new[] { source } });
            var none = await account.Post("v1/jobs", new { prompt = "A cat", ref_images = new[] { nothing } });

            await SubmitTests.IsProblem(theirs, 400, "invalid_request", "/ref_images/0");
            // Not even by the words of the refusal can it be told that there is such an image.
            Assert.That(
                (await Detail(theirs)).Replace(source, "X", StringComparison.Ordinal),
                Is.EqualTo((await Detail(none)).Replace(nothing, "X", StringComparison.Ordinal)));
        }
    }

    [Test]
    public async Task A_quote_looks_at_the_images_and_stores_none()
    {
        var image = TestPicture.DataUri(TestPicture.Png(grey: 201));

        var good = await account.Post("v1/jobs?dry_run=true", new { prompt = "A cat", ref_images = new[] { image } });
        var gone = await account.Post("v1/jobs?dry_run=true", new { prompt = "A cat", edit_of = NoJob });
        var cut = await account.Post("v1/jobs?dry_run=true", new { prompt = "A cat", edit_of = image[..^8] });

        Assert.That((int)good.StatusCode, Is.EqualTo(200), await good.Content.ReadAsStringAsync());
        await SubmitTests.IsProblem(gone, 400, "invalid_request", "/edit_of");
        await SubmitTests.IsProblem(cut, 400, "invalid_request", "/edit_of");
        var references = new BlobServiceClient(app.Storage).GetBlobContainerClient("references");
        var blobs = references.GetBlobsAsync(new GetBlobsOptions { Prefix = account.Id + "/" });
        Assert.That(await blobs.CountAsync(), Is.Zero);
    }

    [TestCase(1)]
    [TestCase(2147483647)]
    public async Task An_image_that_a_job_does_not_have_is_refused_with_what_it_has(int index)
    {
        var job = Text(await account.Run(new { prompt = "One cat" }), "id");

        var answer = await account.Post("v1/jobs", new { prompt = "Again", edit_of = $"{job}/{index}" });

        await SubmitTests.IsProblem(answer, 400, "invalid_request", "/edit_of");
        Assert.That(await Detail(answer), Does.Contain("succeeded").And.Contain("1 of 1"));
    }

    private static async Task<string> Detail(HttpResponseMessage answer) =>
        Text(await answer.Content.ReadFromJsonAsync<JsonElement>(), "detail");

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
