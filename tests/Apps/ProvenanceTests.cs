using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Storage.Blobs;
using Local.ImageApi;
using Pipeline.Tests.Local.ImageApi;

namespace Pipeline.Tests.Apps;

/// <summary>Where a job's images come from: beside them, and if a setting says so, in them.</summary>
// A long delay, so that between two attempts there is time to take something away.
public sealed class ProvenanceTests() : AppTests(credits: 1000, ("Jobs__RetryDelay", "00:00:03"), ("Outgoing__AllowLoopback", "true"))
{
    [Test]
    public async Task Beside_each_image_stands_where_it_comes_from_and_no_URL()
    {
        await using var host = await ImageHost.Start();
        var style = await account.Upload(TestPicture.Png(grey: 7));
        var job = await account.Run(new
        {
            prompt = "A cat on a mat",
            model = "512",
            num = 2,
            search = (string[])["web"],
            ref_images = (string[])[style, TestPicture.DataUri(TestPicture.Png(grey: 8)), host.Url("cat.png?sig=s3cr3t")],
        });

        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"), job.ToString());
        var images = job.GetProperty("images");
        for (var n = 0; n < 2; n++)
        {
            var said = await Provenance(job, n);
            var request = said.GetProperty("request");
            var references = request.GetProperty("ref_images").EnumerateArray().Select(name => name.GetString()).ToList();
            Assert.Multiple(() =>
            {
                Assert.That(said.GetRawText(), Does.Not.Contain("://").And.Not.Contain("data:").And.Not.Contain("s3cr3t"));
                Assert.That(references, Has.Count.EqualTo(3).And.All.StartsWith("ref_"));
                Assert.That(references[0], Is.EqualTo(style));
                Assert.That(request.GetProperty("prompt").GetString(), Is.EqualTo("A cat on a mat"));
                Assert.That(said.GetProperty("sha256").GetString(), Is.EqualTo(images[n].GetProperty("sha256").GetString()));
                Assert.That((said.GetProperty("attempt").GetInt32(), said.GetProperty("credits").GetInt32()), Is.EqualTo((1, 4)));
                Assert.That(
                    said.GetProperty("answer").GetRawText(),
                    Is.EqualTo("""{"code":0,"message":"success","data":{"url":["(url)","(url)"]}}"""));
            });
        }
    }

    [Test]
    public async Task An_address_that_was_fetched_for_the_job_is_noted_by_what_was_fetched()
    {
        await using var host = await ImageHost.Start();
        await account.Drop("one.json", JsonSerializer.Serialize(
            new[] { new { prompt = "A cat on a mat", edit_of = host.Url("cat.png?sig=s3cr3t") } }));
        var manifest = await account.Manifest("completed");
        var jobs = await account.GetJson($"v1/jobs?manifest={manifest.GetProperty("id").GetString()}");

        var said = await Provenance(jobs.GetProperty("data")[0], 0);

        Assert.That(said.GetProperty("request").GetProperty("edit_of").GetString(), Does.StartWith("ref_"));
    }

    [Test]
    public async Task What_a_crashed_attempt_left_out_the_next_attempt_writes()
    {
        var id = await HalfDoneWithoutProvenance("A cat on a mat");

        var job = await account.Finished(id);

        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        Assert.That(Attempt(await Provenance(job, 0)), Is.EqualTo((1, JsonValueKind.Null)));
        Assert.That(Attempt(await Provenance(job, 1)), Is.EqualTo((2, JsonValueKind.Object)));
    }

    [Test]
    public async Task What_a_crashed_attempt_left_out_is_written_when_the_job_ends_without_another()
    {
        var id = await HalfDoneWithoutProvenance("A dog on a mat");

        var (status, job) = await account.Cancel(id);

        Assert.That((status, CancelTests.Of(job)), Is.EqualTo((200, "canceled 0/4/4 of 1 images in 1 attempts")));
        Assert.That(Attempt(await Provenance(job, 0)), Is.EqualTo((1, JsonValueKind.Null)));
    }

    [Test]
    public async Task By_default_a_file_is_what_the_image_API_made_byte_by_byte()
    {
        var asked = new { prompt = "A cat on a mat", model = Caller.Model512, num = 1, image_size = "1:1" };
        var job = await account.Run(asked);
        using var upstream = new HttpClient { BaseAddress = app.ImageApi.Url };
        upstream.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", SimulatorOptions.DefaultKey);
        using var answer = await upstream.PostAsJsonAsync("v1/images/generate", asked);
        var made = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data").GetProperty("url").GetString();

        Assert.That(await File(job), Is.EqualTo(await upstream.GetByteArrayAsync(made)));
    }

    [Test]
    public async Task If_a_setting_says_so_the_prompt_and_the_parameters_are_in_the_file()
    {
        await using var telling = await App.Start(imageApi: null, ("Outputs__EmbedPrompt", "true"));
        var job = await (await telling.NewAccount(100)).Run(new { prompt = "A sign \"Grüße\"", model = "512", image_size = "4:3" });
        var texts = new Dictionary<string, string>();
        var file = await File(job);

        PngCheck.Read(file, texts);

        Assert.That(texts["Description"], Is.EqualTo("A sign \"Grüße\""));
        Assert.That(texts["Software"], Is.EqualTo(Caller.Model512));
        Assert.That(texts["parameters"], Does.Contain("\"image_size\":\"4:3\"").And.Not.Contain("Grüße"));
        Assert.That(job.GetProperty("images")[0].GetProperty("sha256").GetString(), Is.EqualTo(TestPicture.Sha256(file)));
    }

    [Test]
    public async Task If_a_setting_says_so_an_image_of_the_wrong_size_is_asked_for_again()
    {
        await using var strict = await App.Start(imageApi: null, ("ImageApi__SizeMismatch", "fail"), ("Jobs__AttemptsMax", "3"));
        var caller = await strict.NewAccount(100);

        var passing = await caller.Run(new { prompt = "A cat on a mat [[fault:wrong-size:1]]", model = "2k" });
        var lasting = await caller.Run(new { prompt = "A dog on a mat [[fault:wrong-size]]", model = "2k" });

        Assert.That(CancelTests.Of(passing), Is.EqualTo("succeeded 0/6/0 of 1 images in 2 attempts"));
        Assert.That(passing.GetProperty("warnings").GetArrayLength(), Is.Zero);
        Assert.That(CancelTests.Of(lasting), Is.EqualTo("failed 0/0/6 of 0 images in 3 attempts"));
        Assert.That(lasting.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("output_invalid"));
        Assert.That(lasting.GetProperty("error").GetProperty("detail").GetString(), Does.Contain("should have 2048x2048"));
        Assert.That(await caller.Files(lasting.GetProperty("id").GetString()!), Is.Empty);
        await caller.BooksAreRight();
    }

    /// <summary>A job with one of two images, before its second attempt, as if the first had crashed right behind the image.</summary>
    private async Task<string> HalfDoneWithoutProvenance(string prompt)
    {
        var id = await account.Submit(new { prompt = $"{prompt} [[fault:fewer:1]]", num = 2 });
        await Account.Until(() => account.Job(id), job => job.GetProperty("images")[0].GetProperty("status").GetString() == "stored");
        await app.Outputs.DeleteBlobAsync($"{account.Id}/{id}/0.json");
        return id;
    }

    private async Task<JsonElement> Provenance(JsonElement job, int n)
    {
        var blob = app.Outputs.GetBlobClient($"{account.Id}/{job.GetProperty("id").GetString()}/{n}.json");
        return (await blob.DownloadContentAsync()).Value.Content.ToObjectFromJson<JsonElement>();
    }

    private static (int Attempt, JsonValueKind Answer) Attempt(JsonElement said) =>
        (said.GetProperty("attempt").GetInt32(), said.GetProperty("answer").ValueKind);

    private static async Task<byte[]> File(JsonElement job)
    {
        var url = new Uri(job.GetProperty("images")[0].GetProperty("url").GetString()!);
        return (await new BlobClient(url).DownloadContentAsync()).Value.Content.ToArray();
    }
}
