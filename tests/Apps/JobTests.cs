using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Queues;

namespace Pipeline.Tests.Apps;

/// <summary>A job from its POST to its pictures and its entries.</summary>
public sealed class JobTests() : AppTests(credits: 1000)
{
    [Test]
    public async Task A_submitted_job_is_accepted_with_where_and_when_to_look()
    {
        var answer = await account.Post("v1/jobs", new
        {
            prompt = "A cat on a mat",
            num = 2,
            custom_id = "c1",
            metadata = new { team = "a" },
            webhook_url = "https://example.com/hook",
            start_before_seconds = 3600,
        });
        var job = await answer.Content.ReadFromJsonAsync<JsonElement>();

        var url = new Uri(app.Process.Url, $"v1/jobs/{job.GetProperty("id").GetString()}");
        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
            Assert.That(answer.Headers.Location, Is.EqualTo(url));
            Assert.That(answer.Headers.GetValues("Operation-Location").Single(), Is.EqualTo(url.AbsoluteUri));
            Assert.That(answer.Headers.RetryAfter?.Delta, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(Texts(job, "object", "status", "custom_id", "model"), Is.EqualTo("job queued c1 gemini-3.1-flash-image-preview"));
            Assert.That(job.GetProperty("credits").ToString(), Is.EqualTo("""{"held":8,"captured":0,"released":0}"""));
            Assert.That(job.GetProperty("metadata").ToString(), Is.EqualTo("""{"team":"a"}"""));
            Assert.That(job.GetProperty("webhook_url").GetString(), Is.EqualTo("https://example.com/hook"));
            Assert.That(
                job.GetProperty("start_before").GetDateTimeOffset(),
                Is.EqualTo(job.GetProperty("created_at").GetDateTimeOffset().AddHours(1)));
            Assert.That(job.GetProperty("cancel_requested").GetBoolean(), Is.False);
        });
        await account.Finished(job.GetProperty("id").GetString()!);
    }

    [Test]
    public async Task Its_pictures_are_whole_and_as_it_says()
    {
        var job = await account.Run(new { prompt = "A lighthouse in a storm, oil painting", model = "2k", num = 3, image_size = "16:9" });

        Assert.That(Texts(job, "status"), Is.EqualTo("succeeded"));
        using var http = new HttpClient();
        foreach (var image in job.GetProperty("images").EnumerateArray())
        {
            var bytes = await http.GetByteArrayAsync(image.GetProperty("url").GetString());
            Assert.Multiple(() =>
            {
                Assert.That(Texts(image, "status", "content_type", "width", "height"), Is.EqualTo("stored image/png 2752 1536"));
                Assert.That(bytes, Has.Length.EqualTo(image.GetProperty("bytes").GetInt32()));
                Assert.That(Convert.ToHexStringLower(SHA256.HashData(bytes)), Is.EqualTo(image.GetProperty("sha256").GetString()));
            });
        }

        Assert.That(await account.Credits(), Is.EqualTo((982L, 0L, 18L)));
    }

    [Test]
    public async Task A_stored_image_is_led_to_by_a_fresh_URL_and_a_missing_one_is_not_found()
    {
        var job = await account.Run(new { prompt = "A cat on a mat" });
        var id = job.GetProperty("id").GetString();

        var found = await account.Get($"v1/jobs/{id}/images/0");
        var missing = await account.Get($"v1/jobs/{id}/images/1");

        Assert.That(found.StatusCode, Is.EqualTo(HttpStatusCode.Redirect));
        Assert.That(found.Headers.Location!.Query, Does.Contain("sig="));
        Assert.That(found.Headers.CacheControl!.NoStore, Is.True);
        await SubmitTests.IsProblem(missing, 404, "not_found");
    }

    [Test]
    public async Task Another_accounts_job_is_not_there()
    {
        var id = (await account.Run(new { prompt = "A cat on a mat" })).GetProperty("id").GetString();
        var other = await app.NewAccount(credits: 0);

        await SubmitTests.IsProblem(await other.Get($"v1/jobs/{id}"), 404, "not_found");
        await SubmitTests.IsProblem(await other.Get($"v1/jobs/{id}/images/0"), 404, "not_found");
    }

    [Test]
    public async Task Its_hold_capture_and_release_are_entries_newest_first()
    {
        var job = await account.Run(new { prompt = "A cat on a mat [[fault:safety]]", num = 2 });
        await account.Run(new { prompt = "A dog on a mat", num = 2 });

        var entries = (await account.GetJson("v1/credits/entries")).GetProperty("data").EnumerateArray().ToList();
        var onePage = await account.GetJson("v1/credits/entries?limit=2");
        var nextPage = await account.GetJson($"v1/credits/entries?limit=2&cursor={onePage.GetProperty("next_cursor").GetString()}");
        var holds = await account.GetJson("v1/credits/entries?kind=hold&limit=1");

        Assert.That(
            entries.Select(entry => Texts(entry, "version", "kind", "amount", "from", "to")),
            Is.EqualTo(new[]
            {
                "5 capture 8 held spent", "4 hold 8 available held", "3 release 8 held available", "2 hold 8 available held",
                "1 grant 1000 granted available",
            }));
        Assert.That(entries[2].GetProperty("reference").GetString(), Is.EqualTo(job.GetProperty("id").GetString()));
        Assert.That(nextPage.GetProperty("data")[0].GetProperty("version").GetInt64(), Is.EqualTo(3));
        Assert.That(holds.GetProperty("data")[0].GetProperty("version").GetInt64(), Is.EqualTo(4));
        Assert.That(holds.GetProperty("next_cursor").ValueKind, Is.Not.EqualTo(JsonValueKind.Null));
    }

    [TestCase("safety", "failed", 1, "content_rejected")]
    [TestCase("400", "failed", 1, "upstream_rejected")]
    [TestCase("401", "failed", 1, "upstream_rejected")]
    [TestCase("empty", "failed", 2, "no_image")]
    [TestCase("empty:1", "succeeded", 2, null)]
    [TestCase("503:2", "succeeded", 3, null)]
    [TestCase("429-after-2:1", "succeeded", 2, null)]
    [TestCase("reset:1", "succeeded", 2, null)]
    [TestCase("lost:1", "succeeded", 2, null)]
    [TestCase("html:1", "succeeded", 2, null)]
    [TestCase("fewer:1", "succeeded", 2, null)]
    [TestCase("url-404:1", "succeeded", 2, null)]
    [TestCase("url-truncated:1", "succeeded", 2, null)]
    [TestCase("url-html", "failed", 5, "output_invalid")]
    [TestCase("500", "failed", 5, "upstream_unavailable")]
    public async Task What_the_image_API_does_wrong_is_charged_to_nobody(string fault, string status, int attempts, string? code)
    {
        var job = await account.Run(new { prompt = $"A cat on a mat [[fault:{fault}]]", num = 2 });

        var stored = status == "succeeded" ? 2 : 0;
        Assert.Multiple(async () =>
        {
            Assert.That(Texts(job, "status", "attempts"), Is.EqualTo($"{status} {attempts}"));
            var error = job.GetProperty("error");
            Assert.That(error.ValueKind == JsonValueKind.Null ? null : error.GetProperty("code").GetString(), Is.EqualTo(code));
            Assert.That(job.GetProperty("images").EnumerateArray().Count(image => Texts(image, "status") == "stored"), Is.EqualTo(stored));
            Assert.That(await account.Credits(), Is.EqualTo((1000L - stored * 4, 0L, stored * 4L)));
        });
    }

    [Test]
    public async Task Images_that_never_come_are_released_and_the_others_captured()
    {
        // Asked for two it makes one; asked for the one that is missing it makes none, twice.
        var job = await account.Run(new { prompt = "A cat on a mat [[fault:fewer]]", num = 2 });

        Assert.That(Texts(job, "status"), Is.EqualTo("partially_succeeded"));
        Assert.That(job.GetProperty("credits").ToString(), Is.EqualTo("""{"held":0,"captured":4,"released":4}"""));
        Assert.That(
            job.GetProperty("images").EnumerateArray().Select(image => Texts(image, "status")), Is.EqualTo(new[] { "stored", "failed" }));
        Assert.That(job.GetProperty("images")[1].GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("no_image"));
    }

    [Test]
    public async Task A_smaller_picture_than_paid_for_is_kept_with_a_warning()
    {
        var job = await account.Run(new { prompt = "A cat on a mat [[fault:wrong-size]]", model = "4k" });

        Assert.That(Texts(job, "status"), Is.EqualTo("succeeded"));
        Assert.That(job.GetProperty("warnings")[0].GetProperty("code").GetString(), Is.EqualTo("size_mismatch"));
    }

    [Test]
    public async Task A_message_that_comes_twice_calls_the_image_API_once()
    {
        var prompt = $"A cat on a mat {Guid.NewGuid()} [[slow:1]]";
        var id = await account.Submit(new { prompt });
        var queue = new QueueClient(
            app.Storage, "images-standard", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        for (var copy = 0; copy < 5; copy++) await queue.SendMessageAsync(JsonSerializer.Serialize(new { account = account.Id, job = id }));

        var job = await account.Finished(id);

        Assert.That(Texts(job, "status", "attempts"), Is.EqualTo("succeeded 1"));
        Assert.That(app.ImageApi.CallsOf(prompt), Is.EqualTo(1));
        Assert.That(await account.Credits(), Is.EqualTo((996L, 0L, 4L)));
    }

    [Test]
    public async Task Metadata_of_any_letters_fits_and_comes_back_as_it_was()
    {
        var metadata = Enumerable.Range(0, 16).ToDictionary(n => $"😀{n}", _ => string.Concat(Enumerable.Repeat("😀", 256)));

        var job = await account.Run(new { prompt = "A cat on a mat", metadata });

        Assert.That(job.GetProperty("metadata").Deserialize<Dictionary<string, string>>(), Is.EqualTo(metadata));
    }

    [Test]
    public async Task What_a_worker_stored_before_it_lost_its_claim_is_not_overwritten()
    {
        var id = await account.Submit(new { prompt = "A cat on a mat [[slow:1]]" });
        var blob = new BlobServiceClient(app.Storage).GetBlobContainerClient("outputs").GetBlobClient($"{account.Id}/{id}/0.png");
        var metadata = new Dictionary<string, string> { ["index"] = "0", ["width"] = "1024", ["height"] = "1024", ["sha256"] = "first" };
        await blob.UploadAsync(BinaryData.FromString("first"), new BlobUploadOptions { Metadata = metadata });

        var job = await account.Finished(id);

        Assert.That(job.GetProperty("images")[0].GetProperty("sha256").GetString(), Is.EqualTo("first"));
        Assert.That((await blob.DownloadContentAsync()).Value.Content.ToString(), Is.EqualTo("first"));
    }

    [Test]
    public async Task Each_image_carries_what_it_is_as_metadata()
    {
        var job = await account.Run(new { prompt = "A cat on a mat", image_size = "4:3" });
        var id = job.GetProperty("id").GetString();

        var blob = new BlobServiceClient(app.Storage).GetBlobContainerClient("outputs").GetBlobClient($"{account.Id}/{id}/0.png");
        var metadata = (await blob.GetPropertiesAsync()).Value.Metadata;

        Assert.That(metadata["job"], Is.EqualTo(id));
        Assert.That((metadata["index"], metadata["width"], metadata["height"]), Is.EqualTo(("0", "1200", "896")));
        Assert.That(metadata["sha256"], Is.EqualTo(job.GetProperty("images")[0].GetProperty("sha256").GetString()));
    }

    private static string Texts(JsonElement json, params string[] names) =>
        string.Join(' ', names.Select(name => json.GetProperty(name).ToString()));
}
