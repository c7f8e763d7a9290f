using System.Net.Http.Json;
using System.Text.Json;
using Azure.Data.Tables;

namespace Pipeline.Tests.Apps;

/// <summary>What a job would cost, without one.</summary>
public sealed class QuoteTests() : AppTests(credits: 1000)
{
    private static readonly object Lighthouse = new
    {
        prompt = "A lighthouse in a storm",
        model = "2k",
        num = 4,
        aspect_ratio = "16:9",
        metadata = new { team = "ä" },
        search = new[] { "web" },
        ref_images = new object[] { "https://example.org/a.png", new { image = "https://example.org/b.png", role = "style" } },
        webhook_url = "https://example.org/hook",
        start_before_seconds = 60,
    };

    [Test]
    public async Task A_quote_says_what_it_costs_what_is_saved_and_what_would_be_left()
    {
        var quote = await Quote(Lighthouse);

        var others = quote.EnumerateObject().Where(field => field.Name != "request");
        Assert.That(
            string.Join(' ', others.Select(field => $"{field.Name}={field.Value}")),
            Is.EqualTo("object=quote credits=24 usd=0.24 official_usd=0.404 saving_percent=41 available_after=976 warnings=[]"));
    }

    [Test]
    public async Task A_quotes_request_has_all_defaults_and_gives_the_same_quote_again()
    {
        var request = (await Quote(Lighthouse)).GetProperty("request");

        Assert.That(
            request.ToString(),
            Is.EqualTo(
                """
                {"prompt":"A lighthouse in a storm","model":"gemini-3.1-flash-image-preview-2k","num":4,"image_size":"16:9",
                "ref_images":[{"image":"https://example.org/a.png","role":null},{"image":"https://example.org/b.png","role":"style"}],
                "edit_of":null,"thinking":null,"search":["web"],"service_tier":"default","custom_id":null,"metadata":{"team":"ä"},
                "webhook_url":"https://example.org/hook","start_before_seconds":60}
                """.ReplaceLineEndings("")));
        Assert.That((await Quote(request)).GetProperty("request").ToString(), Is.EqualTo(request.ToString()));
    }

    [Test]
    public async Task A_quotes_request_can_be_sent_and_makes_a_job_of_its_price()
    {
        var quote = await Quote(new { prompt = "A cat on a mat", model = "512", num = 3 });

        var job = await account.Run(quote.GetProperty("request"));

        Assert.That(job.GetProperty("credits").GetProperty("captured").GetInt64(), Is.EqualTo(quote.GetProperty("credits").GetInt64()));
        Assert.That((await account.Credits()).Available, Is.EqualTo(quote.GetProperty("available_after").GetInt64()));
    }

    [Test]
    public async Task A_quote_that_exceeds_what_is_available_says_by_how_much()
    {
        var poor = await app.NewAccount(credits: 3);
        var answer = await poor.Post("v1/jobs?dry_run=true", new { prompt = "A cat on a mat" });
        var quote = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.That((int)answer.StatusCode, Is.EqualTo(200));
        Assert.That(quote.GetProperty("available_after").GetInt64(), Is.EqualTo(-1));
        Assert.That(
            quote.GetProperty("warnings").ToString(),
            Is.EqualTo("""[{"code":"insufficient_credits","detail":"This needs 4 credits and 3 are available: 1 too few."}]"""));
    }

    [Test]
    public async Task A_quote_does_not_send_an_inline_image_back()
    {
        var image = TestPicture.DataUri(TestPicture.Png(bytes: 300_000));

        var quote = await Quote(new { prompt = "A cat on a mat", ref_images = new[] { image }, edit_of = image });
        var request = quote.GetProperty("request");

        var shown = $"data:image/png;base64,… ({image.Length:N0} characters)";
        Assert.That(request.GetProperty("edit_of").GetString(), Is.EqualTo(shown));
        Assert.That(request.GetProperty("ref_images")[0].GetProperty("image").GetString(), Is.EqualTo(shown));
    }

    [Test]
    public async Task A_quote_stores_holds_and_calls_nothing_and_leaves_its_key_free()
    {
        var before = await Rows();
        var calls = app.ImageApi.Stats.Calls;

        var quote = await account.PostWith(null, "v1/jobs?dry_run=true", Lighthouse, ("Idempotency-Key", "k"), ("Prefer", "wait=5"));
        Assert.That((int)quote.StatusCode, Is.EqualTo(200));
        Assert.That(await Rows(), Is.EqualTo(before));
        Assert.That(app.ImageApi.Stats.Calls, Is.EqualTo(calls));

        var job = await account.PostWith(null, "v1/jobs?dry_run=false", new { prompt = "A cat on a mat" }, ("Idempotency-Key", "k"));
        Assert.That((int)job.StatusCode, Is.EqualTo(202));
    }

    [TestCase("{\"prompt\":\"\"}", "invalid_request", "/prompt")]
    [TestCase("{\"prompt\":\"A cat\",\"seed\":1}", "unknown_field", "/seed")]
    [TestCase("{", "invalid_json", null)]
    public async Task A_bad_body_is_refused_as_with_a_job(string body, string code, string? pointer) =>
        await SubmitTests.IsProblem(await account.PostText("v1/jobs?dry_run=true", body), 400, code, pointer);

    private async Task<JsonElement> Quote(object job)
    {
        var answer = await account.Post("v1/jobs?dry_run=true", job);
        Assert.That((int)answer.StatusCode, Is.EqualTo(200), await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<int> Rows()
    {
        var rows = 0;
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {account.Id}");
        await foreach (var _ in new TableServiceClient(app.Storage).GetTableClient("ledger").QueryAsync<TableEntity>(filter)) rows++;
        return rows;
    }
}
