using System.Net.Http.Json;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Local.ImageApi;

namespace Pipeline.Tests.Apps;

/// <summary>Images that go along with a job: what the image API sees of them.</summary>
public sealed class RefImageTests() : AppTests(credits: 100)
{
    [Test]
    public async Task An_uploaded_image_goes_along_as_it_was_uploaded()
    {
        var image = TestPicture.Png(60, 20, bytes: 250_001);
        var reference = await account.Upload(image);

        var job = await account.Run(new { prompt = "A cat like this one", ref_images = new[] { reference } });

        Assert.That(Text(job, "status"), Is.EqualTo("succeeded"));
        Assert.That(job.GetProperty("ref_images").ToString(), Is.EqualTo($$"""[{"image":"{{reference}}","role":null}]"""));
        var seen = app.Seen("A cat like this one").Single();
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
        var lie = TestPicture.DataUri(image, "image/gif");
        var job = await account.Run(new { prompt = $"An inline {format}", ref_images = new[] { lie } });

        Assert.That(Text(job, "status"), Is.EqualTo("succeeded"));
        Assert.That(Text(job.GetProperty("ref_images")[0], "image"), Is.EqualTo(await account.Upload(image)));
        var seen = app.Seen($"An inline {format}").Single();
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
        var sha256 = TestPicture.Sha256(image);
        Assert.That(app.Seen("Escaped").Select(seen => seen.Sha256), Is.EqualTo(new[] { sha256, sha256 }));
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
        Assert.That(app.Seen("Ten").Select(seen => seen.Sha256), Is.EqualTo(images.Select(TestPicture.Sha256)));
    }

    [TestCase("""{"prompt":"A cat","ref_images":["data:\\ud800"]}""", "/ref_images/0")]
    [TestCase("""{"prompt":"A cat","edit_of":"data:image/png;base64,\\udfff"}""", "/edit_of")]
    public async Task Half_a_character_is_no_image(string body, string pointer)
    {
        await SubmitTests.IsProblem(await account.PostText("v1/jobs", body), 400, "invalid_request", pointer);
        await SubmitTests.IsProblem(await account.PostText("v1/jobs?dry_run=true", body), 400, "invalid_request", pointer);
    }

    [Test]
    public async Task Whoever_cannot_pay_for_the_job_stores_no_image_with_it()
    {
        var poor = await app.NewAccount(credits: 3);

        var answer = await poor.Post(
            "v1/jobs", new { prompt = "A cat on a mat", ref_images = new[] { TestPicture.DataUri(TestPicture.Png()) } });

        await SubmitTests.IsProblem(answer, 402, "insufficient_credits");
        var references = new BlobServiceClient(app.Storage).GetBlobContainerClient("references");
        Assert.That(references.GetBlobs(new GetBlobsOptions { Prefix = poor.Id }), Is.Empty);
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
        Assert.That(
            app.Seen("A walk").Select(seen => seen.Sha256),
            Is.EqualTo(new[] { TestPicture.Sha256(style), TestPicture.Sha256(hero) }));
    }

    [Test]
    public async Task An_image_to_edit_alone_takes_the_route_for_that()
    {
        var image = TestPicture.Png();

        var job = await account.Run(new { prompt = "Make it night", edit_of = await account.Upload(image), num = 2 });

        Assert.That(Text(job, "status"), Is.EqualTo("succeeded"));
        Assert.That(job.GetProperty("parent").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(
            app.Seen("Make it night").Select(seen => (seen.Field, seen.Sha256)),
            Is.EqualTo(new[] { ("image", TestPicture.Sha256(image)) }));
    }

    [Test]
    public async Task An_image_of_a_job_goes_along()
    {
        var first = await account.Run(new { prompt = "Two cats", num = 2 });
        var second = await account.Run(new { prompt = "Like the second", ref_images = new[] { $"{Text(first, "id")}/1" } });

        Assert.That(Text(second, "status"), Is.EqualTo("succeeded"));
        Assert.That(app.Seen("Like the second").Single().Sha256, Is.EqualTo(Text(first.GetProperty("images")[1], "sha256")));
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

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
