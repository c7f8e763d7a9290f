using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace Pipeline.Tests.Apps;

/// <summary>The contact sheet of a manifest, as a browser gets it.</summary>
public sealed partial class ManifestPageTests() : AppTests(credits: 1000)
{
    private static readonly string[] Hostile =
    [
        "</script><script>alert(1)</script>", "<!-- <script>", "\"'`${1}&lt;\\", "line\u2028separators\u2029here",
        "{{data}} {{script-hash}}",
    ];

    private readonly HttpClient http = new();

    [OneTimeTearDown]
    public void Close() => http.Dispose();

    [Test]
    public async Task What_callers_wrote_stays_text()
    {
        var manifest = await Run([.. Hostile.Select(prompt => new { prompt, custom_id = prompt, model = "512" })]);

        var html = await http.GetStringAsync(manifest.GetProperty("page_url").GetString());
        var data = Data(html);

        Assert.That(
            data.GetProperty("images").EnumerateArray().Select(image => image.GetProperty("prompt").GetString()), Is.EquivalentTo(Hostile));
        Assert.That(ScriptElement().Count(html), Is.EqualTo(2), "the data and the page's own");
    }

    [Test]
    public async Task A_browser_runs_its_own_script_and_no_other()
    {
        var manifest = await Run(new { prompt = "A cat", model = "512" });

        var html = await http.GetStringAsync(manifest.GetProperty("page_url").GetString());
        var start = html.IndexOf("<script>", StringComparison.Ordinal) + "<script>".Length;
        var script = html[start..html.IndexOf("</script>", start, StringComparison.Ordinal)];

        var policy = Policy().Match(html).Groups[1].Value;
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)));
        Assert.That(policy, Does.StartWith("default-src 'none';").And.Contain($"script-src 'sha256-{hash}'"));
        Assert.That(policy, Does.Not.Contain("unsafe"));
    }

    [Test]
    public async Task Its_images_are_there_by_signature_and_in_a_copy_of_the_folder()
    {
        var manifest = await Run(
            new { prompt = "A cat", model = "512", num = 2 }, new { prompt = "A secret [[fault:safety]]", model = "512" });
        var page = new Uri(manifest.GetProperty("page_url").GetString()!);
        var results = await Account.LinesOf(manifest, "results_url");
        var sums = results.Single().GetProperty("images").EnumerateArray().Select(image => image.GetProperty("sha256").GetString());

        var data = Data(await http.GetStringAsync(page));
        var signed = new List<string>();
        var beside = new List<string>();
        var container = new BlobServiceClient(app.Storage).GetBlobContainerClient("outputs");
        foreach (var image in data.GetProperty("images").EnumerateArray())
        {
            var path = new Uri(page, image.GetProperty("path").GetString());
            using var unsigned = await http.GetAsync(path);
            Assert.That(unsigned.StatusCode, Is.AnyOf(HttpStatusCode.Forbidden, HttpStatusCode.NotFound, HttpStatusCode.Conflict));
            var query = $"?{data.GetProperty("query").GetString()}&sig={image.GetProperty("sig").GetString()}";
            signed.Add(Convert.ToHexStringLower(SHA256.HashData(await http.GetByteArrayAsync(path + query))));
            var blob = container.GetBlobClient(path.AbsolutePath.Split("/outputs/")[1]);
            beside.Add(Convert.ToHexStringLower(SHA256.HashData((await blob.DownloadContentAsync()).Value.Content)));
        }

        Assert.That(signed, Is.EquivalentTo(sums));
        Assert.That(beside, Is.EquivalentTo(sums));
        Assert.That(data.GetProperty("errors")[0].GetProperty("code").GetString(), Is.EqualTo("content_rejected"));
        Assert.That(data.GetProperty("status").GetString(), Is.EqualTo("completed"));
        Assert.That(data.GetProperty("counts").GetProperty("succeeded").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task Reports_carry_a_tag_for_rules_of_how_long_they_are_kept_and_pictures_none()
    {
        var manifest = await Run(new { prompt = "A cat", model = "512" }, new { prompt = "A cat [[fault:safety]]", model = "512" });
        await http.GetStringAsync(manifest.GetProperty("page_url").GetString());

        var tagged = new List<string>();
        var others = new List<string>();
        await foreach (var blob in app.Outputs.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Tags, Prefix = account.Id + "/" }))
            (blob.Tags is not null && blob.Tags.Contains(new("kind", "report")) ? tagged : others).Add(blob.Name.Split('/')[^1]);

        Assert.That(tagged, Is.EquivalentTo(new[] { "report.json", "results.ndjson", "errors.ndjson", "index.html" }));
        Assert.That(others, Is.SupersetOf(new[] { "0.png", "0.json", "plan.ndjson", "lines.bin" }));
    }

    [Test]
    public async Task Asked_for_it_is_written_again_if_somebody_deleted_it()
    {
        var manifest = await Run(new { prompt = "A cat", model = "512" });
        var page = new Uri(manifest.GetProperty("page_url").GetString()!);
        await new BlobServiceClient(app.Storage).GetBlobContainerClient("outputs").DeleteBlobAsync(page.AbsolutePath.Split("/outputs/")[1]);

        var again = await account.GetJson($"v1/manifests/{manifest.GetProperty("id").GetString()}");

        var data = Data(await http.GetStringAsync(again.GetProperty("page_url").GetString()));
        Assert.That(data.GetProperty("images").GetArrayLength(), Is.EqualTo(1));
    }

    private async Task<JsonElement> Run(params object[] jobs) =>
        await account.Ended(await account.PostManifest(JsonSerializer.Serialize(jobs)));

    /// <summary>As a browser finds it: up to the first end of a script.</summary>
    private static JsonElement Data(string html)
    {
        const string Start = "<script type=\"application/json\" id=\"data\">";
        var from = html.IndexOf(Start, StringComparison.Ordinal) + Start.Length;
        return JsonElement.Parse(html[from..html.IndexOf("</script", from, StringComparison.OrdinalIgnoreCase)]);
    }

    [GeneratedRegex("<script", RegexOptions.IgnoreCase)]
    private static partial Regex ScriptElement();

    [GeneratedRegex("http-equiv=\"Content-Security-Policy\" content=\"([^\"]*)\"")]
    private static partial Regex Policy();
}
