using System.Text.Json;

namespace Pipeline.Tests.Apps;

/// <summary>How much of a manifest runs for how many credits.</summary>
public sealed class ManifestCreditsTests() : AppTests(credits: 10)
{
    [TestCase("""{"jobs":[1,2,3]}""", "rejected insufficient_credits 10/0/0")]
    [TestCase("""{"on_insufficient_credits":"partial","jobs":[1,2,3]}""", "completed  2/0/8")]
    [TestCase("""{"on_insufficient_credits":"partial","max_credits":4,"jobs":[1,2,3]}""", "completed  6/0/4")]
    [TestCase("""{"max_credits":4,"jobs":[1,2]}""", "rejected too_dear 10/0/0")]
    [TestCase("""{"max_credits":8,"jobs":[1,2]}""", "completed  2/0/8")]
    [TestCase("""{"on_insufficient_credits":"partial","max_credits":3 ,"jobs":[1,2]}""", "rejected too_dear 10/0/0")]
    [TestCase("""{"on_invalid":"reject","jobs":[1,0]}""", "rejected invalid_jobs 10/0/0")]
    [TestCase("""{"on_invalid":"skip","jobs":[1,0]}""", "completed  6/0/4")]
    [TestCase("""{"jobs":[0]}""", "rejected no_valid_jobs 10/0/0")]
    public async Task It_runs_or_says_why_not(string file, string outcome)
    {
        for (var n = 0; n <= 3; n++)
            file = file.Replace($"{n},", $$"""{"prompt":"{{(n == 0 ? "" : $"Cat number {n}")}}"},""", StringComparison.Ordinal)
                .Replace($"{n}]", $$"""{"prompt":"{{(n == 0 ? "" : $"Cat number {n}")}}"}]""", StringComparison.Ordinal);
        await account.Drop("cats.json", file);

        var manifest = await account.Manifest("completed", "rejected");

        var refusal = manifest.GetProperty("refusal");
        var code = refusal.ValueKind == JsonValueKind.Null ? "" : refusal.GetProperty("code").GetString();
        var (available, held, spent) = await account.Credits();
        Assert.That($"{manifest.GetProperty("status").GetString()} {code} {available}/{held}/{spent}", Is.EqualTo(outcome));
    }

    [Test]
    public async Task What_there_were_too_few_credits_for_is_counted_as_skipped_and_in_no_file()
    {
        const string Jobs = """[{"prompt":"Cat 1"},{"prompt":"Cat 2"},{"prompt":"Cat 3"}]""";
        await account.Drop("cats.json", $$"""{"on_insufficient_credits":"partial","jobs":{{Jobs}}}""");

        var manifest = await account.Manifest("completed");

        Assert.That(ManifestTests.Count(manifest, "total", "skipped", "succeeded"), Is.EqualTo("3 1 2"));
        var results = await Account.LinesOf(manifest, "results_url");
        Assert.That(results.Select(line => line.GetProperty("index").GetInt32()), Is.EquivalentTo(new[] { 0, 1 }));
        Assert.That(manifest.GetProperty("credits").ToString(), Is.EqualTo("""{"price":8,"held":0,"captured":8,"released":0}"""));
    }

    [Test]
    public async Task What_was_not_delivered_is_given_back_job_by_job_and_told_in_the_files()
    {
        await account.Drop(
            "cats.json",
            """[{"prompt":"A cat","num":1,"custom_id":"cat"},{"prompt":"A dog [[fault:safety]]","custom_id":"dog"}]""");

        var manifest = await account.Manifest("completed");
        var result = (await Account.LinesOf(manifest, "results_url")).Single();
        var error = (await Account.LinesOf(manifest, "errors_url")).Single();

        Assert.That(manifest.GetProperty("credits").ToString(), Is.EqualTo("""{"price":8,"held":0,"captured":4,"released":4}"""));
        Assert.Multiple(() =>
        {
            Assert.That(result.GetProperty("custom_id").GetString(), Is.EqualTo("cat"));
            Assert.That(result.GetProperty("credits").ToString(), Is.EqualTo("""{"held":0,"captured":4,"released":0}"""));
            Assert.That(error.GetProperty("custom_id").GetString(), Is.EqualTo("dog"));
            Assert.That(error.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("content_rejected"));
            Assert.That(error.GetProperty("line").GetInt32(), Is.EqualTo(1));
        });
        var image = result.GetProperty("images")[0];
        Assert.That(image.GetProperty("path").GetString(), Is.EqualTo($"../../{result.GetProperty("id").GetString()}/0.png"));
        Assert.That(
            (await app.Outputs.GetBlobClient(image.GetProperty("blob").GetString()).GetPropertiesAsync()).Value.ContentLength,
            Is.EqualTo(image.GetProperty("bytes").GetInt64()));
    }
}
