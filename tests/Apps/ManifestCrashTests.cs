using System.Diagnostics;
using System.Text.Json;
using Azure.Data.Tables;
using Local.ImageApi;

namespace Pipeline.Tests.Apps;

/// <summary>A manifest whose app is killed again and again: each job is there once, done once and paid once.</summary>
[NonParallelizable]
public sealed class ManifestCrashTests
{
    [TestCase(150, 5)]
    [TestCase(1000, 20, Explicit = true, Category = "Long", Reason = "Takes some minutes; see docs/operations.md.")]
    public async Task Killed_at_random_moments_it_is_complete_in_the_end(int jobs, int kills)
    {
        await using var app = await App.Start(new SimulatorOptions { Port = 0, Latency = 0.02, SmallImages = true }, App.ShortLease);
        var account = await app.NewAccount(credits: jobs * 4);
        var random = new Random(7);
        var lines = Enumerable.Range(0, jobs).Select(n => $"{{\"prompt\":\"Tile {n}\",\"model\":\"512\"}}\n");
        await account.Drop("tiles.jsonl", string.Concat(lines));

        for (var kill = 0; kill < kills; kill++)
        {
            await Task.Delay(random.Next(100, 1500));
            await app.Process.Kill();
            await app.Restart();
            await app.Sweep();
        }

        var manifest = await Ended(app, account);

        Assert.That(manifest.GetProperty("status").GetString(), Is.EqualTo("completed"));
        Assert.That(await account.Credits(), Is.EqualTo((0L, 0L, jobs * 4L)));
        var table = new TableServiceClient(app.Storage).GetTableClient("ledger");
        var rows = await table
            .QueryAsync<TableEntity>($"PartitionKey eq '{account.Id}' and RowKey ge 'job~' and RowKey lt 'job~~'")
            .ToListAsync();
        Assert.That(rows, Has.Count.EqualTo(jobs));
        Assert.That(rows.Select(row => row.GetString("Status")), Is.All.EqualTo("Succeeded"));
        Assert.That(ManifestTests.Count(manifest, "total", "succeeded"), Is.EqualTo($"{jobs} {jobs}"));
        var results = await Account.LinesOf(manifest, "results_url");
        Assert.That(results.Select(line => line.GetProperty("index").GetInt32()).Order(), Is.EqualTo(Enumerable.Range(0, jobs)));
        await account.BooksAreRight();
        await TestContext.Progress.WriteLineAsync($"{kills} kills, {app.ImageApi.Stats.Calls} calls for {jobs} jobs");
    }

    private static async Task<JsonElement> Ended(App app, Account account)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromMinutes(8))
        {
            await app.Sweep();
            var list = (await account.GetJson("v1/manifests")).GetProperty("data");
            Assert.That(list.GetArrayLength(), Is.LessThanOrEqualTo(1));
            if (list.GetArrayLength() == 1 && Account.IsFinished(list[0])) return list[0];
            await Task.Delay(1_000);
        }

        throw new AssertionException($"It did not end: {await account.GetJson("v1/manifests")}");
    }
}
