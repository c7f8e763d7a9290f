using System.Net.Http.Json;
using System.Text.Json;
using Local.ImageApi;

namespace Pipeline.Tests.Apps;

/// <summary>Images that go along with a job: what the image API sees of them, and what is refused before a credit is held.</summary>
public sealed class RefImageTests
{
    private const string NoJob = "job_01m82b1mjcs76cjagt8m64atfn/0";
    private const string NoReference = "ref_0123456789abcdefghjkmnpqrs";

    private App app = null!;
    private Account account = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await App.Start();

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [SetUp]
    public async Task NewAccount() => account = await app.NewAccount(credits: 100);

    [TearDown]
    public async Task The_books_are_right() => await account.BooksAreRight();

    [Test]
    public async Task An_uploaded_image_goes_along_as_it_was_uploaded()
    {
        var image = TestPicture.Png(60, 20, bytes: 250_001);
        var reference = await account.Upload(image);

        var job = await account.Run(new { prompt = "A cat like this one", ref_images = new[] { reference } });

        Assert.That(Text(job, "status"), Is.EqualTo("succeeded"));
        Assert.That(job.GetProperty("ref_images").ToString(), Is.EqualTo($$"""[{"image":"{{reference}}","role":null}]"""));
        var seen = Seen("A cat like this one").Single();
        Assert.That(seen, Is.EqualTo(new SeenReference(
            "ref_images[0]", "data:", TestPicture.Sha256(image), image.Length, "png", 60, 20, "A cat like this one")));
    }

    [TestCase("png", 7 << 20)]
    [TestCase("jpeg", 0)]
    [TestCase("webp", 0)]
    public async Task An_inline_image_is_stored_as_a_reference_and_goes_along(string format, int bytes)
    {
        var image = format switch
        {
            "png" => TestPicture.Png(bytes: bytes),
            "jpeg" => TestPicture.Jpeg(300, 200),
            _ => TestPicture.Webp(300, 200),
        };

        // The type that is declared may lie.
        var job = await account.Run(new { prompt = $"An inline {format}", ref_images = new[] { TestPicture.DataUri(image, "image/gif") } });

        Assert.That(Text(job, "status"), Is.EqualTo("succeeded"));
        Assert.That(Text(job.GetProperty("ref_images")[0], "image"), Is.EqualTo(await account.Upload(image)));
        var seen = Seen($"An inline {format}").Single();
        Assert.That((seen.Sha256, seen.Format), Is.EqualTo((TestPicture.Sha256(image), format)));
    }

    [Test]
    public async Task Slashes_and_pluses_may_be_escaped_as_JSON_allows()
    {
        var image = TestPicture.Png(bytes: 50_000);
        var uri = TestPicture.DataUri(image);
        var escaped = uri.Replace("/", "\\/", StringComparison.Ordinal).Replace("+", "\\u002B", StringComparison.Ordinal);
        Assert.That(escaped, Does.Contain("\\/").And.Contain("\\u002B"));

        var answer = await account.PostText("v1/jobs", $$"""{"prompt":"Escaped","ref_images":["{{escaped}}"],"edit_of":"{{uri}}"}""");
        var job = await account.Finished(Text(await answer.Content.ReadFromJsonAsync<JsonElement>(), "id"));

        Assert.That(Text(job.GetProperty("ref_images")[0], "image"), Is.EqualTo(Text(job, "edit_of")));
        Assert.That(Seen("Escaped").Select(seen => seen.Sha256), Is.EqualTo(new[] { TestPicture.Sha256(image), TestPicture.Sha256(image) }));
    }

    [Test]
    public async Task Ten_inline_images_of_7_MiB_are_taken_in_one_body()
    {
        var images = Enumerable.Range(0, 10).Select(_ => TestPicture.Png(bytes: 7 << 20)).ToList();

        var sources = string.Join("\",\"", images.Select(image => TestPicture.DataUri(image)));
        var answer = await account.PostText("v1/jobs", $$"""{"prompt":"Ten","ref_images":["{{sources}}"]}""");
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync());
        var job = await account.Finished(Text(await answer.Content.ReadFromJsonAsync<JsonElement>(), "id"));

        Assert.That(Text(job, "status"), Is.EqualTo("succeeded"));
        Assert.That(Seen("Ten").Select(seen => seen.Sha256), Is.EqualTo(images.Select(TestPicture.Sha256)));
    }

    [Test]
    public async Task Roles_are_told_to_the_model_in_the_prompt()
    {
        var (style, hero) = (TestPicture.Png(grey: 1), TestPicture.Png(grey: 2));
        var job = await account.Run(new
        {
            prompt = "A walk",
            ref_images = new object[]
            {
                new { image = await account.Upload(style), role = "style" },
                new { image = await account.Upload(hero), role = "character" },
            },
        });

        const string Prompt = "A walk\n\nImage 1 shows the style to follow, not what to draw. "
            + "Image 2 shows a character who must stay recognizable.";
        Assert.That(Text(job, "prompt"), Is.EqualTo("A walk"));
        Assert.That(Text(job.GetProperty("ref_images")[1], "role"), Is.EqualTo("character"));
        Assert.That(app.ImageApi.CallsOf(Prompt), Is.EqualTo(1));
        Assert.That(Seen("A walk").Select(seen => seen.Sha256), Is.EqualTo(new[] { TestPicture.Sha256(style), TestPicture.Sha256(hero) }));
    }

    [Test]
    public async Task An_image_to_edit_alone_takes_the_route_for_that()
    {
        var image = TestPicture.Png();

        var job = await account.Run(new { prompt = "Make it night", edit_of = await account.Upload(image), num = 2 });

        Assert.That(Text(job, "status"), Is.EqualTo("succeeded"));
        Assert.That(job.GetProperty("parent").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(Seen("Make it night").Select(seen => (seen.Field, seen.Sha256)), Is.EqualTo(new[] { ("image", TestPicture.Sha256(image)) }));
    }

    [Test]
    public async Task An_image_of_a_job_goes_along()
    {
        var first = await account.Run(new { prompt = "Two cats", num = 2 });
        var second = await account.Run(new { prompt = "Like the second", ref_images = new[] { $"{Text(first, "id")}/1" } });

        Assert.That(Text(second, "status"), Is.EqualTo("succeeded"));
        Assert.That(Seen("Like the second").Single().Sha256, Is.EqualTo(Text(first.GetProperty("images")[1], "sha256")));
    }

    [Test]
    public async Task Thinking_search_and_tier_reach_the_image_API()
    {
        var job = await account.Run(new
        {
            prompt = "The tower as it is today",
            thinking = "high",
            search = new[] { "web", "image" },
            service_tier = "priority",
        });

        Assert.That(Text(job, "status"), Is.EqualTo("succeeded"));
    }

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
            var theirs = await account.Post("v1/jobs", new { prompt = "A cat", ref_images = new[] { source } });
            var none = await account.Post("v1/jobs", new { prompt = "A cat", ref_images = new[] { source == reference ? NoReference : NoJob } });

            await SubmitTests.IsProblem(theirs, 400, "invalid_request", "/ref_images/0");
            // Not even by the words of the refusal can it be told that there is such an image.
            Assert.That(
                (await Detail(theirs)).Replace(source, "X", StringComparison.Ordinal),
                Is.EqualTo((await Detail(none)).Replace(source == reference ? NoReference : NoJob, "X", StringComparison.Ordinal)));
        }
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

    private IEnumerable<SeenReference> Seen(string prompt) =>
        app.ImageApi.Stats.References.Where(seen => seen.Prompt.StartsWith(prompt, StringComparison.Ordinal));

    private static async Task<string> Detail(HttpResponseMessage answer) => Text(await answer.Content.ReadFromJsonAsync<JsonElement>(), "detail");

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
