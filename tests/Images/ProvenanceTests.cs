using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Pipeline.Images;
using Pipeline.Tests.Http;

namespace Pipeline.Tests.Images;

/// <summary>Beside each image stands where it comes from, whoever crashes when.</summary>
public sealed class ProvenanceTests
{
    private const string Answer = """{"code":0,"data":{"url":"(url)"}}""";
    private static readonly byte[] Picture = TestPicture.Png(1024, 1024);

    private TestStore store = null!;

    [OneTimeSetUp]
    public async Task Open() => store = await TestStore.Open();

    [OneTimeTearDown]
    public void Close() => store.Dispose();

    [Test]
    public async Task It_says_what_was_asked_for_and_what_came()
    {
        var folder = TestStore.Folder("2K", "16:9", attempt: 3) with { Request = Full };
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);

        await store.Store(Picture, folder, Answer);

        var said = await store.Provenance(folder);
        Assert.That(said.GetProperty("stored_at").GetDateTimeOffset(), Is.InRange(before, DateTimeOffset.UtcNow.AddSeconds(1)));
        var expected = JsonSerializer.SerializeToElement(new
        {
            job = "job_1",
            index = 0,
            request = new
            {
                prompt = "A sign \"Grüße 😀\"",
                model = "gemini-3.1-flash-image-preview-2k",
                image_size = "16:9",
                thinking = "high",
                search = (string[])["web", "image"],
                service_tier = "priority",
                ref_images = (string[])["ref_1", "job_1/0"],
                edit_of = "job_2/1",
            },
            resolved_model = "gemini-3.1-flash-image-preview-2k",
            attempt = 3,
            pixels = new { asked = new { width = 2752, height = 1536 }, got = new { width = 1024, height = 1024 } },
            content_type = "image/png",
            bytes = Picture.Length,
            sha256 = TestPicture.Sha256(Picture),
            credits = 6,
            stored_at = said.GetProperty("stored_at").GetString(),
            answer = new { code = 0, data = new { url = "(url)" } },
        });
        Assert.That(JsonElement.DeepEquals(said, expected), $"{said}{Environment.NewLine}{expected}");
    }

    [TestCase("""{"model":"gemini-x"}""", "gemini-x")]
    [TestCase("""{"data":{"model":"gemini-x"}}""", "gemini-x")]
    [TestCase("""{"data":[1],"model":7}""", "gemini-3.1-flash-image-preview")]
    [TestCase("""[1]""", "gemini-3.1-flash-image-preview")]
    public async Task The_model_is_the_one_that_the_image_API_names_if_it_names_one(string answer, string model)
    {
        var folder = TestStore.Folder();

        await store.Store(Picture, folder, answer);

        Assert.That((await store.Provenance(folder)).GetProperty("resolved_model").GetString(), Is.EqualTo(model));
    }

    [Test]
    public async Task After_a_crash_between_the_image_and_it_the_next_look_writes_it_from_the_image()
    {
        var folder = TestStore.Folder(attempt: 2);
        await store.Store(Picture, folder, Answer);
        var before = await store.Provenance(folder);
        await store.Outputs.DeleteBlobAsync(folder.Name + "0.json");

        var found = await Recover(folder with { Attempt = 5 });

        var after = await store.Provenance(folder);
        Assert.That(found.Single().Sha256, Is.EqualTo(TestPicture.Sha256(Picture)));
        Assert.That(after.GetProperty("answer").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(after.GetProperty("stored_at").GetDateTimeOffset(), Is.EqualTo(before.GetProperty("stored_at").GetDateTimeOffset())
            .Within(TimeSpan.FromSeconds(2)), "when the image was stored, not when it was found");
        foreach (var same in before.EnumerateObject().Where(property => property.Name is not ("answer" or "stored_at")))
            Assert.That(after.GetProperty(same.Name).GetRawText(), Is.EqualTo(same.Value.GetRawText()), same.Name);
    }

    [Test]
    public async Task A_look_changes_nothing_that_is_there()
    {
        var folder = TestStore.Folder();
        await store.Store(Picture, folder, Answer);
        var before = await store.Content(folder, "0.json");

        await Recover(folder with { Attempt = 2 });

        Assert.That(await store.Content(folder, "0.json"), Is.EqualTo(before));
        Assert.That(await store.Names(folder), Is.EqualTo(new[] { "0.json", "0.png" }));
    }

    [Test]
    public async Task A_worker_writes_nothing_over_that_of_another_workers_image()
    {
        var folder = TestStore.Folder();
        await store.Store(Picture, folder, Answer);
        var before = await store.Content(folder, "0.json");

        var outcome = await store.Store(TestPicture.Png(1024, 1024, grey: 9), folder with { Attempt = 2 }, """{"code":"late"}""");

        Assert.That(((StoreOutcome.Stored)outcome).Image.Sha256, Is.EqualTo(TestPicture.Sha256(Picture)));
        Assert.That(await store.Content(folder, "0.json"), Is.EqualTo(before));
    }

    [Test]
    public async Task A_worker_that_finds_anothers_image_without_it_writes_it_from_that_image_and_the_other_writes_over_it()
    {
        var folder = TestStore.Folder();
        await store.Store(Picture, folder, Answer);
        await store.Outputs.DeleteBlobAsync(folder.Name + "0.json");

        await store.Store(TestPicture.Png(1024, 1024, grey: 9), folder with { Attempt = 2 }, """{"code":"late"}""");
        var foreign = await store.Provenance(folder);
        await store.Store(Picture, folder, Answer);
        var own = await store.Provenance(folder);

        Assert.That(foreign.GetProperty("answer").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(foreign.GetProperty("attempt").GetInt32(), Is.EqualTo(1));
        Assert.That(foreign.GetProperty("sha256").GetString(), Is.EqualTo(TestPicture.Sha256(Picture)));
        Assert.That(own.GetProperty("answer").GetRawText(), Is.EqualTo(Answer));
    }

    [Test]
    public async Task An_image_that_is_stored_counts_and_has_it_although_its_time_is_up()
    {
        var folder = TestStore.Folder();
        using var timeIsUp = new CancellationTokenSource();
        var blobs = new BlobClientOptions();
        blobs.AddPolicy(new CancelBehind("0.png", timeIsUp), HttpPipelinePosition.PerCall);
        await using var server = new Listener(TestStore.Saying("HTTP/1.0 200 OK\r\n\r\n", Picture));
        using var images = store.With(blobs: blobs);

        var outcome = await images.Store(new Uri(server.Url), 0, folder, Answer, timeIsUp.Token);

        Assert.That(timeIsUp.IsCancellationRequested, Is.True);
        Assert.That(outcome, Is.TypeOf<StoreOutcome.Stored>());
        Assert.That((await store.Provenance(folder)).GetProperty("answer").GetRawText(), Is.EqualTo(Answer));
    }

    private static AskedFor Full { get; } = new(
        "A sign \"Grüße 😀\"", "gemini-3.1-flash-image-preview-2k", "16:9", Thinking.High, [SearchKind.Web, SearchKind.Image],
        ServiceTier.Priority, ["ref_1", "job_1/0"], "job_2/1");

    private async Task<IReadOnlyList<StoredImage>> Recover(ImageFolder folder)
    {
        using var images = store.With();
        return await images.Recover(folder, CancellationToken.None);
    }

    /// <summary>Cancels as soon as storage has answered that a blob is there.</summary>
    private sealed class CancelBehind(string blob, CancellationTokenSource source) : HttpPipelineSynchronousPolicy
    {
        public override void OnReceivedResponse(HttpMessage message)
        {
            if (message.Request.Uri.Path.EndsWith(blob, StringComparison.Ordinal) && message.Response.Status == 201) source.Cancel();
        }
    }
}
