using System.Text.Json;
using Azure.Storage.Queues;

namespace Pipeline.Tests.Apps;

/// <summary>Files that are dropped, from the blob to the pictures and the report.</summary>
public sealed class ManifestTests() : AppTests(credits: 1000)
{
    [Test]
    public async Task Its_valid_jobs_run_under_one_hold_and_its_report_names_the_others()
    {
        await account.Drop("autumn.json", """
            { "name": "Autumn", "jobs": [
              { "prompt": "A maple in October", "custom_id": "maple" },
              { "prompt": "A pond", "num": 12 },
              { "prompt": "A fox in fog", "model": "2k", "num": 2 } ] }
            """);

        var manifest = await account.Manifest("completed");
        var report = await Account.Report(manifest);
        var holds = await account.GetJson("v1/credits/entries?kind=hold");

        Assert.Multiple(async () =>
        {
            Assert.That(manifest.GetProperty("name").GetString(), Is.EqualTo("Autumn"));
            Assert.That(Count(manifest, "total", "invalid", "succeeded", "failed"), Is.EqualTo("3 1 2 0"));
            Assert.That(manifest.GetProperty("credits").GetProperty("captured").GetInt64(), Is.EqualTo(16));
            Assert.That(await account.Credits(), Is.EqualTo((984L, 0L, 16L)));
            Assert.That(holds.GetProperty("data").GetArrayLength(), Is.EqualTo(1));
            Assert.That(report.GetProperty("errors")[0].GetProperty("line").GetInt32(), Is.EqualTo(3));
            Assert.That(report.GetProperty("errors")[0].GetProperty("pointer").GetString(), Is.EqualTo("/jobs/1/num"));
            Assert.That(report.GetProperty("jobs").GetArrayLength(), Is.EqualTo(2));
        });
        var job = await account.Job(report.GetProperty("jobs")[0].GetProperty("id").GetString()!);
        Assert.That(job.GetProperty("manifest").GetString(), Is.EqualTo(manifest.GetProperty("id").GetString()));
        Assert.That(job.GetProperty("custom_id").GetString(), Is.EqualTo("maple"));
    }

    [Test]
    public async Task A_large_one_is_made_in_several_transactions_and_each_job_once()
    {
        var tiles = Enumerable.Range(0, 120).Select(n => new { prompt = $"Tile {n}", model = "512" });
        await account.Drop("many.json", JsonSerializer.Serialize(tiles));

        var manifest = await account.Manifest("completed");

        Assert.That(Count(manifest, "total", "succeeded"), Is.EqualTo("120 120"));
        Assert.That(await account.Credits(), Is.EqualTo((520L, 0L, 480L)));
    }

    [Test]
    public async Task Copies_of_its_message_come_to_nothing()
    {
        var id = await account.PostManifest("""[{"prompt":"A slow cat [[slow:5]]","model":"512"}]""");
        await Account.Until(() => account.GetJson($"v1/manifests/{id}"), found => Count(found, "running") == "1");
        var queue = new QueueClient(
            app.Storage, "manifests-advance", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });

        for (var copy = 0; copy < 10; copy++)
        {
            await queue.SendMessageAsync(JsonSerializer.Serialize(new { account = account.Id, manifest = id, turn = 0 }));
            await Task.Delay(100);
        }

        // The one that it waits for, or none while that is at work.
        await Task.Delay(500);
        Assert.That((await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount, Is.LessThan(2));
        Assert.That(Count(await account.Ended(id), "succeeded"), Is.EqualTo("1"));
    }

    [Test]
    public async Task The_same_content_under_another_name_runs_once()
    {
        const string Content = """[{"prompt":"A cat on a mat"}]""";
        await account.Drop("first.json", Content);
        await account.Manifest("completed");

        await account.Drop("second.json", Content);
        var all = await account.AllEnded(2);

        var first = all.Single(manifest => manifest.GetProperty("status").GetString() == "completed");
        var second = all.Single(manifest => manifest.GetProperty("status").GetString() == "rejected");
        Assert.That(second.GetProperty("refusal").GetProperty("code").GetString(), Is.EqualTo("same_content"));
        Assert.That(
            second.GetProperty("refusal").GetProperty("detail").GetString(), Does.Contain(first.GetProperty("id").GetString()));
        Assert.That(await account.Credits(), Is.EqualTo((996L, 0L, 4L)));
    }

    [TestCase(40, TestName = "The_same_content_three_times_at_once_runs_once_and_leaves_nothing_held")]
    [TestCase(1000, TestName = "The_same_content_three_times_at_once_runs_once_though_all_could_be_paid")]
    public async Task The_same_content_dropped_three_times_at_once_runs_once(int more)
    {
        const int Jobs = 60, Price = Jobs * 4;
        account = await app.NewAccount(credits: Price + more);
        var content = JsonSerializer.Serialize(Enumerable.Range(0, Jobs).Select(n => new { prompt = $"Tile {n}", model = "512" }));

        await Task.WhenAll(Enumerable.Range(0, 3).Select(n => account.Drop($"f{n}.json", content)));
        var all = await account.AllEnded(3);

        Assert.That(await account.Credits(), Is.EqualTo(((long)more, 0L, (long)Price)));
        Assert.That(
            all.Select(manifest => manifest.GetProperty("status").GetString()),
            Is.EquivalentTo(new[] { "completed", "rejected", "rejected" }));
        await account.BooksAreRight();
    }

    [TestCase("not json", "cannot be read as JSON")]
    [TestCase("""[{"prompt":""}]""", "None of its jobs is valid")]
    [TestCase("""{"jobs":[{"prompt":"A cat"}],"on_invalidd":"reject"}""", "on_invalidd")]
    [TestCase("""[{"prompt":"A cat","num":9,"model":"4k"},{"prompt":"A cat","num":9,"model":"4k"}]""", "144 credits and 100 are available")]
    public async Task One_that_cannot_run_holds_nothing_and_says_why(string content, string refusal)
    {
        account = await app.NewAccount(credits: 100);
        await account.Drop("bad.json", content);

        var manifest = await account.Manifest("rejected");
        var report = await Account.Report(manifest);

        Assert.That(report.GetProperty("refusal").GetString(), Does.Contain(refusal));
        Assert.That(await account.Credits(), Is.EqualTo((100L, 0L, 0L)));
    }

    [Test]
    public async Task One_that_was_too_dear_runs_when_it_is_dropped_again_after_a_grant()
    {
        account = await app.NewAccount(credits: 1);
        const string Content = """[{"prompt":"A cat on a mat"}]""";
        await account.Drop("cat.json", Content);
        await account.Manifest("rejected");

        await app.Operator(HttpMethod.Post, $"v1/operator/accounts/{account.Id}/grants", new { credits = 3, reference = "more" });
        await account.Drop("cat.json", Content);
        await account.Manifest("completed");

        Assert.That(await account.Credits(), Is.EqualTo((0L, 0L, 4L)));
    }

    [Test]
    public async Task They_are_listed_in_pages_the_newest_first()
    {
        foreach (var name in (string[])["a", "b", "c"])
        {
            await account.Drop($"{name}.json", $$"""{"name":"{{name}}","jobs":[{"prompt":"{{name}}"}]}""");
            // The time of a drop is in whole seconds.
            await Account.Until(
                () => account.GetJson("v1/manifests"),
                list => list.GetProperty("data").EnumerateArray().Any(found => found.GetProperty("name").GetString() == name));
            await Task.Delay(1_000);
        }

        var first = await account.GetJson("v1/manifests?limit=2");
        var last = await account.GetJson($"v1/manifests?limit=2&cursor={first.GetProperty("next_cursor").GetString()}");

        Assert.That(Names(first).Concat(Names(last)), Is.EqualTo(new[] { "c", "b", "a" }));
        Assert.That(last.GetProperty("next_cursor").ValueKind, Is.EqualTo(JsonValueKind.Null));

        static IEnumerable<string?> Names(JsonElement list) =>
            list.GetProperty("data").EnumerateArray().Select(manifest => manifest.GetProperty("name").GetString());
    }

    internal static string Count(JsonElement manifest, params string[] names) =>
        string.Join(' ', names.Select(name => manifest.GetProperty("counts").GetProperty(name).ToString()));
}
