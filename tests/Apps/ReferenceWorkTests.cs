using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Pipeline.Tests.Apps;

/// <summary>Images that are only looked for when a job is worked on, and how a job ends that cannot have its own.</summary>
public sealed class ReferenceWorkTests() : AppTests(credits: 100, ("ImageApi__References", "url"))
{
    [Test]
    public async Task The_image_API_may_fetch_the_images_by_signed_URLs()
    {
        var image = TestPicture.Png();
        var reference = await account.Upload(image);

        var job = await account.Run(new { prompt = "By URL", ref_images = new[] { reference } });

        Assert.That(Text(job, "status"), Is.EqualTo("succeeded"));
        var seen = app.ImageApi.Stats.References.Single(seen => seen.Prompt == "By URL");
        Assert.That(seen.Source, Does.EndWith($"/references/{account.Id}/{reference}"));
        Assert.That(seen.Sha256, Is.EqualTo(TestPicture.Sha256(image)));
    }

    [Test]
    public async Task A_manifests_inline_images_are_stored_once_and_its_other_images_are_found()
    {
        var (shared, uploaded) = (TestPicture.Png(grey: 50), TestPicture.Png(grey: 60));
        var made = await account.Run(new { prompt = "The hero" });
        var jobs = new object[]
        {
            new { prompt = "First of the manifest", ref_images = new[] { TestPicture.DataUri(shared), await account.Upload(uploaded) } },
            new { prompt = "Second of the manifest", ref_images = new[] { TestPicture.DataUri(shared) } },
            new { prompt = "Third of the manifest", edit_of = $"{Text(made, "id")}/0" },
        };
        await account.Drop("images.json", JsonSerializer.Serialize(jobs));
        var manifest = await account.Manifest("completed");

        Assert.That(manifest.GetProperty("counts").GetProperty("succeeded").GetInt32(), Is.EqualTo(3), manifest.ToString());
        Assert.That(Seen("First of the manifest"), Is.EqualTo(new[] { TestPicture.Sha256(shared), TestPicture.Sha256(uploaded) }));
        Assert.That(Seen("Second of the manifest"), Is.EqualTo(new[] { TestPicture.Sha256(shared) }));
        Assert.That(Seen("This picture is made in rounds"), Is.EqualTo(new[] { Text(made.GetProperty("images")[0], "sha256") }));
        var references = new BlobServiceClient(app.Storage).GetBlobContainerClient("references");
        var blobs = references.GetBlobsAsync(new GetBlobsOptions { Prefix = account.Id + "/" });
        Assert.That(await blobs.CountAsync(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_manifests_job_is_the_child_of_the_one_that_it_edits()
    {
        var made = Text(await account.Run(new { prompt = "A cat" }), "id");
        await account.Drop("child.json", JsonSerializer.Serialize(new[] { new { prompt = "At night", edit_of = $"{made}/0" } }));

        var child = await account.OnlyJob(await account.Manifest("completed"));

        Assert.That(Text(child, "parent"), Is.EqualTo(made));
        Assert.That(Text(child, "edit_of"), Is.EqualTo($"{made}/0"));
    }

    [Test]
    public async Task An_inline_image_of_a_manifest_that_is_none_is_named_in_the_report_and_costs_nothing()
    {
        await account.Drop("bad.json", """
            [ { "prompt": "A cat" },
              { "prompt": "A dog", "ref_images": [ { "image": "data:image/png;base64,PGh0bWw+" } ] } ]
            """);

        var manifest = await account.Manifest("completed");
        var error = (await Account.Report(manifest)).GetProperty("errors")[0];

        Assert.That(error.GetProperty("line").GetInt32(), Is.EqualTo(2));
        Assert.That(Text(error, "pointer"), Is.EqualTo("/1/ref_images/0/image"));
        Assert.That(Text(error, "detail"), Does.Contain("no PNG"));
        Assert.That(await account.Credits(), Is.EqualTo((96L, 0L, 4L)));
    }

    [TestCase("ref_0123456789abcdefghjkmnpqrs")]
    [TestCase("job_01m82b1mjcs76cjagt8m64atfn/0")]
    public async Task A_manifests_job_whose_image_is_not_there_fails_and_releases_all(string source)
    {
        await account.Drop("gone.json", JsonSerializer.Serialize(new[] { new { prompt = "A cat", ref_images = new[] { source } } }));

        var job = await account.OnlyJob(await account.Manifest("completed"));

        Assert.That(Text(job, "status"), Is.EqualTo("failed"));
        Assert.That(Text(job.GetProperty("error"), "code"), Is.EqualTo("reference_unreachable"));
        Assert.That(Text(job.GetProperty("error"), "detail"), Does.Contain(source));
        Assert.That(job.GetProperty("attempts").GetInt32(), Is.EqualTo(1));
        Assert.That(await account.Credits(), Is.EqualTo((100L, 0L, 0L)));
    }

    [Test]
    public async Task A_job_whose_reference_was_deleted_before_its_turn_fails_and_releases_all()
    {
        var reference = await account.Upload(TestPicture.Png(grey: 77));
        // The first call is answered slowly enough for the reference to be gone before the second.
        var id = await account.Submit(new { prompt = "Two tries [[fault:429-after-2:1]]", ref_images = new[] { reference } });
        await Account.Until(() => account.Job(id), job => job.GetProperty("attempts").GetInt32() == 1);
        await new BlobServiceClient(app.Storage).GetBlobContainerClient("references").DeleteBlobAsync($"{account.Id}/{reference}");

        var job = await account.Finished(id);

        Assert.That(Text(job.GetProperty("error"), "code"), Is.EqualTo("reference_unreachable"));
        Assert.That(await account.Credits(), Is.EqualTo((100L, 0L, 0L)));
    }

    private IEnumerable<string> Seen(string prompt) => app.Seen(prompt).Select(seen => seen.Sha256);

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
