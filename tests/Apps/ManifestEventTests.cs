using System.Text.Json;
using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Apps;

/// <summary>A manifest's end is told, and that of each of its jobs, also of those that were never sent.</summary>
public sealed class ManifestEventTests()
    // Without the sweeper's help: what it takes for lost after a second is delivered twice, which is allowed.
    : AppTests(
        credits: 2000, ("Outgoing__AllowLoopback", "true"), ("Manifests__SentAtOnceMax", "8"), ("Jobs__ResendAfter", "01:00:00"))
{
    private Receiver receiver = null!;

    [SetUp]
    public async Task StartReceiver() => receiver = await Receiver.Start();

    [TearDown]
    public async Task StopReceiver() => await receiver.DisposeAsync();

    [Test]
    public async Task Its_own_address_is_told_that_it_is_completed_and_its_jobs_addresses_that_they_are_done()
    {
        var id = await account.PostManifest(JsonSerializer.Serialize(new
        {
            webhook_url = receiver.Url("manifest"),
            defaults = new { model = "512", webhook_url = receiver.Url("job") },
            jobs = new[] { new { prompt = "A red fox in the snow" }, new { prompt = "A red fox [[fault:safety]]" } },
        }));

        var told = (await Came("manifest", 1)).Single();

        Assert.That(told.Type, Is.EqualTo("manifest.completed"));
        var data = told.Json.GetProperty("data");
        Assert.That(data.GetProperty("id").GetString(), Is.EqualTo(id));
        Assert.That(data.GetProperty("status").GetString(), Is.EqualTo("completed"));
        Assert.That(data.GetProperty("url").GetString(), Is.EqualTo($"{app.Process.Url}v1/manifests/{id}"));
        Assert.That(data.GetProperty("counts").GetProperty("succeeded").GetInt32(), Is.EqualTo(1));
        Assert.That(data.GetProperty("credits").ToString(), Is.EqualTo("""{"price":8,"held":0,"captured":4,"released":4}"""));
        var jobs = await Came("job", 2);
        Assert.That(jobs.Select(job => job.Type), Is.EquivalentTo(new[] { "job.succeeded", "job.failed" }));
        Assert.That(jobs.Select(job => job.Json.GetProperty("data").GetProperty("manifest").GetString()), Is.All.EqualTo(id));
        Assert.That(await Types(), Is.EquivalentTo(new[] { "job.succeeded", "job.failed", "manifest.completed" }), "in the feed, too");
    }

    [Test]
    public async Task That_it_is_rejected_is_told_and_why()
    {
        var id = await account.PostManifest(JsonSerializer.Serialize(new
        {
            webhook_url = receiver.Url("manifest"),
            max_credits = 1,
            jobs = new[] { new { prompt = "A red fox" } },
        }));

        var told = (await Came("manifest", 1)).Single();

        Assert.That(told.Type, Is.EqualTo("manifest.rejected"));
        var data = told.Json.GetProperty("data");
        Assert.That((data.GetProperty("id").GetString(), data.GetProperty("refusal_code").GetString()), Is.EqualTo((id, "too_dear")));
    }

    [Test]
    public async Task Of_one_that_is_canceled_every_job_that_was_there_is_told_with_it()
    {
        const int Jobs = 120;
        var id = await account.PostManifest(JsonSerializer.Serialize(new
        {
            webhook_url = receiver.Url("manifest"),
            defaults = new { model = "512", webhook_url = receiver.Url("job") },
            jobs = Enumerable.Range(0, Jobs).Select(n => new { prompt = $"Tile {n} [[slow:1]]" }),
        }));
        await Account.Until(
            () => account.GetJson($"v1/manifests/{id}"), found => found.GetProperty("counts").GetProperty("running").GetInt32() > 0);
        await account.PostText($"v1/manifests/{id}/cancel", "");

        var told = (await Came("manifest", 1)).Single();
        var jobs = await Came("job", Jobs);

        Assert.That(told.Type, Is.EqualTo("manifest.canceled"));
        Assert.That(jobs.Select(job => job.Json.GetProperty("data").GetProperty("id").GetString()), Is.Unique);
        var counts = told.Json.GetProperty("data").GetProperty("counts");
        Assert.That(
            (jobs.Count(job => job.Type == "job.canceled"), jobs.Count(job => job.Type == "job.succeeded")),
            Is.EqualTo((counts.GetProperty("canceled").GetInt32(), counts.GetProperty("succeeded").GetInt32())));
    }

    [Test]
    public async Task An_address_that_may_not_be_told_is_reported_with_its_line_and_of_the_manifest_itself_refuses_it()
    {
        var id = await account.PostManifest("""
            { "prompt": "A red fox", "model": "512" }
            { "prompt": "A red fox", "model": "512", "webhook_url": "https://10.0.0.7/hook" }
            """, "application/x-ndjson");
        var ended = await account.Ended(id);
        var own = await account.PostManifest(JsonSerializer.Serialize(new
        {
            webhook_url = "https://metadata.internal/",
            jobs = new[] { new { prompt = "A red fox", model = "512" } },
        }));
        var refused = await account.Ended(own);

        var error = (await Account.Report(ended)).GetProperty("errors")[0];
        Assert.That(
            (error.GetProperty("line").GetInt32(), error.GetProperty("pointer").GetString()), Is.EqualTo((2, "/webhook_url")));
        Assert.That(ended.GetProperty("counts").GetProperty("succeeded").GetInt32(), Is.EqualTo(1));
        Assert.That(refused.GetProperty("status").GetString(), Is.EqualTo("rejected"));
        Assert.That(
            (await Account.Report(refused)).GetProperty("errors")[0].GetProperty("pointer").GetString(), Is.EqualTo("/webhook_url"));
    }

    private Task<IReadOnlyList<ReceivedDelivery>> Came(string path, int count) =>
        Account.Until(() => Task.FromResult(receiver.At(path)), came => came.Count >= count);

    private async Task<List<string?>> Types() => [.. (await account.GetJson("v1/events?limit=100")).GetProperty("data").EnumerateArray()
        .Select(happened => happened.GetProperty("type").GetString())];
}
