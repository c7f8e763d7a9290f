namespace Pipeline.Tests.Apps;

/// <summary>A file that is dropped again with changes runs what is new in it, and nothing twice.</summary>
public sealed class AmendedFileTests() : AppTests(credits: 100)
{
    [Test]
    public async Task Only_new_lines_run_by_content_and_custom_id()
    {
        await Run("cats.jsonl", "{\"prompt\":\"Cat 1\"}", "{\"prompt\":\"Cat 2\",\"custom_id\":\"two\"}");

        var amended = await Run(
            "cats.jsonl", "{\"prompt\":\"Cat 3\"}", "{\"custom_id\":\"two\",\"prompt\":\"Cat 2\"}",
            "{\"prompt\":\"Cat 1\",\"custom_id\":\"one\"}",
            "{ \"prompt\":\"Cat 1\"}");

        Assert.That(amended, Is.EqualTo("completed 4 2 2"), "in all, skipped, done");
        Assert.That(await account.Credits(), Is.EqualTo((84L, 0L, 16L)));
    }

    [Test]
    public async Task And_over_all_versions_that_there_were()
    {
        await Run("cats.jsonl", "{\"prompt\":\"Cat 1\"}");
        await Run("cats.jsonl", "{\"prompt\":\"Cat 2\"}");

        var amended = await Run("cats.jsonl", "{\"prompt\":\"Cat 1\"}", "{\"prompt\":\"Cat 2\"}", "{\"prompt\":\"Cat 3\"}");
        Assert.That(amended, Is.EqualTo("completed 3 2 1"));
        Assert.That(await Run("cats.jsonl", "{\"prompt\":\"Cat 1\"}", "{\"prompt\":\"Cat 3\"}"), Is.EqualTo("rejected 2 2 0"));
    }

    [Test]
    public async Task A_line_that_stood_once_and_stands_twice_now_runs_once_more()
    {
        await Run("cats.jsonl", "{\"prompt\":\"Cat 1\"}");

        Assert.That(await Run("cats.jsonl", "{\"prompt\":\"Cat 1\"}", "{\"prompt\":\"Cat 1\"}"), Is.EqualTo("completed 2 1 1"));
    }

    [Test]
    public async Task Under_another_name_all_of_it_runs()
    {
        await Run("cats.jsonl", "{\"prompt\":\"Cat 1\"}");

        Assert.That(await Run("more.jsonl", "{\"prompt\":\"Cat 1\"}", "{\"prompt\":\"Cat 2\"}"), Is.EqualTo("completed 2 0 2"));
    }

    [Test]
    public async Task Posted_files_are_versions_of_one_by_the_name_they_give()
    {
        const string Head = "{\"manifest\":{\"name\":\"cats\"}}\n";
        await account.Ended(await account.PostManifest(Head + "{\"prompt\":\"Cat 1\"}", "application/x-ndjson"));

        const string Both = "{\"prompt\":\"Cat 1\"}\n{\"prompt\":\"Cat 2\"}";
        var amended = await account.Ended(await account.PostManifest(Head + Both, "application/x-ndjson"));
        var nameless = await account.Ended(await account.PostManifest(Both, "application/x-ndjson"));

        Assert.That(ManifestTests.Count(amended, "total", "skipped", "succeeded"), Is.EqualTo("2 1 1"));
        Assert.That(ManifestTests.Count(nameless, "total", "skipped", "succeeded"), Is.EqualTo("2 0 2"));
    }

    /// <summary>Two versions at once: the one that comes second is told what the first one runs, whichever that is.</summary>
    [TestCase(0)]
    [TestCase(1)]
    public async Task What_two_versions_share_runs_once_even_if_they_come_at_once(int linesBefore)
    {
        var many = Enumerable.Range(0, 12).Select(n => $"{{\"prompt\":\"Cat number {n}\",\"model\":\"512\"}}").ToList();
        if (linesBefore > 0) await account.Ended(await Post(linesBefore));

        var ended = await Task.WhenAll((await Task.WhenAll(Post(8), Post(12))).Select(account.Ended));

        Assert.That(await account.Credits(), Is.EqualTo((52L, 0L, 48L)), string.Join('\n', ended));

        Task<string> Post(int lines) => account.PostManifest(
            "{\"manifest\":{\"name\":\"cats\"}}\n" + string.Join('\n', many.Take(lines)), "application/x-ndjson");
    }

    private async Task<string> Run(string name, params string[] lines)
    {
        var before = (await account.GetJson("v1/manifests?limit=100")).GetProperty("data").GetArrayLength();
        await account.Drop(name, string.Join('\n', lines));
        var all = await account.AllEnded(before + 1);
        var text = string.Join('\n', lines);
        // The time of a drop is in whole seconds, so the newest is not always the first.
        var manifest = all.Single(found => !seen.Contains(found.GetProperty("id").GetString()!));
        foreach (var found in all) seen.Add(found.GetProperty("id").GetString()!);
        return $"{manifest.GetProperty("status").GetString()} {ManifestTests.Count(manifest, "total", "skipped", "succeeded")}";
    }

    private readonly HashSet<string> seen = [];
}
