using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Pipeline.Manifests;

namespace Pipeline.Tests.Apps;

/// <summary>A message that should have taken a manifest on and failed at every delivery.</summary>
public sealed class ManifestPoisonTests : PoisonAppTests
{
    private const string Queue = "manifests-advance";

    [Test]
    public async Task Of_a_manifest_that_is_open_it_is_sent_again_and_takes_it_on()
    {
        var id = await app.Account.PostManifest("""[{"prompt":"A cat on a mat [[slow:5]]","model":"512"}]""");
        await Account.Until(() => app.Account.GetJson($"v1/manifests/{id}"), found => ManifestTests.Count(found, "running") == "1");
        // All its messages are of other turns now, as if the one that counts were lost.
        await Change(id, "Turn", 99);

        Assert.That(await Poisoned(id), Is.EqualTo("manifest_open"));
        Assert.That(await Replay(), Is.EqualTo("sent 1, cleared 0, kept 0"));
        Assert.That(ManifestTests.Count(await app.Account.Ended(id), "succeeded"), Is.EqualTo("1"));
    }

    [Test]
    public async Task Of_one_that_is_done_or_gone_it_is_cleared()
    {
        var done = await app.Account.PostManifest("""[{"prompt":"A cat on a mat","model":"512"}]""");
        await app.Account.Ended(done);

        Assert.That(await Poisoned(done), Is.EqualTo("manifest_done"));
        Assert.That(await Poisoned("mf_01m82b1mjcs76cjagt8m64atfn"), Is.EqualTo("manifest_done"));
        Assert.That(await Replay(), Is.EqualTo("sent 0, cleared 2, kept 0"));
    }

    [Test]
    public async Task Of_one_whose_row_is_damaged_it_is_kept_until_that_is_mended()
    {
        var id = await app.Account.PostManifest("""[{"prompt":"A cat on a mat","model":"512"}]""");
        await app.Account.Ended(id);
        await Change(id, "Total", "one");

        Assert.That(await Poisoned(id), Is.EqualTo("manifest_damaged"));
        Assert.That(await Replay(), Is.EqualTo("sent 0, cleared 0, kept 1"));
        await Change(id, "Total", 1);
        Assert.That(await Replay(), Is.EqualTo("sent 0, cleared 1, kept 0"));
    }

    [Test]
    public async Task While_its_row_is_damaged_and_it_is_open_its_books_are_wrong_and_can_still_be_checked()
    {
        var id = await app.Account.PostManifest("""[{"prompt":"A cat on a mat [[slow:5]]","model":"512"}]""");
        await Account.Until(() => app.Account.GetJson($"v1/manifests/{id}"), found => ManifestTests.Count(found, "running") == "1");
        await Change(id, "Total", "one");

        var damaged = await app.Account.GetJson("v1/credits/verify");
        await Change(id, "Total", 1);

        // Its message may have failed meanwhile; this sends another.
        await app.Account.PostText($"v1/manifests/{id}/cancel", "");
        await app.Account.Ended(id);

        Assert.That(damaged.GetProperty("ok").GetBoolean(), Is.False);
    }

    /// <summary>Makes the manifest's message poison, and tells what the sweeper found.</summary>
    private async Task<string?> Poisoned(string manifest)
    {
        var message = JsonSerializer.Serialize(new { account = app.Account.Id, manifest, turn = 1 });
        await new QueueClient(app.App.Storage, Queue + "-poison").SendMessageAsync(Convert.ToBase64String(Encoding.UTF8.GetBytes(message)));
        return await Account.Until(Reason, reason => reason is not null);

        async Task<string?> Reason()
        {
            await app.App.Sweep();
            var answer = await app.App.Operator(HttpMethod.Get, $"v1/operator/poison?queue={Queue}");
            var kept = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data").EnumerateArray();
            return kept.Where(row => row.GetProperty("manifest").GetString() == manifest)
                .Select(row => row.GetProperty("reason").GetString()).SingleOrDefault();
        }
    }

    private async Task<string> Replay()
    {
        var answer = await app.App.Operator(HttpMethod.Post, $"v1/operator/poison/{Queue}/replay");
        var replay = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return string.Join(", ", ((string[])["sent", "cleared", "kept"]).Select(name => $"{name} {replay.GetProperty(name)}"));
    }

    private async Task Change(string manifest, string column, object value)
    {
        Assert.That(ManifestId.TryParse(manifest, out var id));
        var row = new TableEntity(app.Account.Id, id.RowKey) { [column] = value };
        await new TableClient(app.App.Storage, "ledger").UpdateEntityAsync(row, ETag.All);
    }
}
