using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Pipeline.Tests.Apps;

/// <summary>A manifest that its caller ends early: what is delivered is kept and paid, the rest is given back.</summary>
public sealed class ManifestCancelTests() : AppTests(credits: 1000, ("Manifests__SentAtOnceMax", "8"))
{
    [Test]
    public async Task What_is_done_by_then_is_paid_and_nothing_else()
    {
        var id = await account.PostManifest(JsonSerializer.Serialize(
            Enumerable.Range(0, 120).Select(n => new { prompt = $"Tile {n} [[slow:1]]", model = "512" })));
        await Account.Until(() => account.GetJson($"v1/manifests/{id}"), found => Of(found, "succeeded") > 0);

        var answer = await account.PostText($"v1/manifests/{id}/cancel", "");
        var ended = await account.Ended(id);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted), await answer.Content.ReadAsStringAsync());
        Assert.That(ended.GetProperty("status").GetString(), Is.EqualTo("canceled"));
        var paid = Of(ended, "succeeded");
        Assert.That((paid, Of(ended, "canceled")), Is.EqualTo((paid, 120 - paid)).And.Not.EqualTo((120, 0)));
        Assert.That(await account.Credits(), Is.EqualTo((1000L - (4 * paid), 0L, 4L * paid)));
        Assert.That(
            ended.GetProperty("credits").ToString(),
            Is.EqualTo($$"""{"price":480,"held":0,"captured":{{4 * paid}},"released":{{480 - (4 * paid)}}}"""));
        var results = await Account.LinesOf(ended, "results_url");
        var errors = await Account.LinesOf(ended, "errors_url");
        Assert.That(results, Has.Count.EqualTo(paid));
        Assert.That(
            errors.Select(line => line.GetProperty("error").GetProperty("code").GetString()).Distinct(), Is.EqualTo(new[] { "canceled" }));
        Assert.That(
            results.Concat(errors).Select(line => line.GetProperty("index").GetInt32()).Order(), Is.EqualTo(Enumerable.Range(0, 120)));
        await SubmitTests.IsProblem(await account.PostText($"v1/manifests/{id}/cancel", ""), 409, "job_already_finished");
    }

    [Test]
    public async Task A_job_that_is_yet_to_be_sent_ends_by_itself_when_its_turn_comes()
    {
        var id = await account.PostManifest(JsonSerializer.Serialize(
            Enumerable.Range(0, 20).Select(n => new { prompt = $"Tile {n} [[slow:1]]", model = "512" })));
        var running = await Account.Until(
            () => account.GetJson($"v1/manifests/{id}"), found => found.GetProperty("status").GetString() == "running");
        var last = (await Account.Report(running)).GetProperty("jobs")[19].GetProperty("id").GetString()!;
        await Account.Until(() => account.Get($"v1/jobs/{last}"), answer => answer.StatusCode == HttpStatusCode.OK);

        var (status, job) = await account.Cancel(last);
        var ended = await account.Ended(id);

        Assert.That((status, job.GetProperty("cancel_requested").GetBoolean()), Is.EqualTo((202, true)));
        Assert.That(ManifestTests.Count(ended, "succeeded", "canceled"), Is.EqualTo("19 1"));
        Assert.That(await account.Credits(), Is.EqualTo((924L, 0L, 76L)));
    }

    [Test]
    public async Task Jobs_that_never_came_to_exist_can_run_when_the_file_is_sent_again()
    {
        const int Jobs = 5000;
        account = await app.NewAccount(credits: Jobs * 4);
        var tiles = Enumerable.Range(0, Jobs).Select(n => new { prompt = $"Tile {n} [[slow:1]]", model = "512" });
        var content = JsonSerializer.Serialize(tiles);
        var id = await account.PostManifest(content);
        await Account.Until(
            () => account.GetJson($"v1/manifests/{id}"), found => found.GetProperty("status").GetString() == "running");
        await account.PostText($"v1/manifests/{id}/cancel", "");
        var made = Of(await account.Ended(id), "succeeded");

        var answer = await account.PostText("v1/manifests?dry_run=true", content);
        var again = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.That(again.GetProperty("counts").GetProperty("jobs").GetInt32(), Is.EqualTo(Jobs - made));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task The_same_file_again_runs_what_was_canceled_and_nothing_twice(bool dropped)
    {
        var content = JsonSerializer.Serialize(Enumerable.Range(0, 24).Select(n => new { prompt = $"Tile {n} [[slow:1]]", model = "512" }));
        var first = await Send();
        await Account.Until(() => account.GetJson($"v1/manifests/{first}"), found => Of(found, "succeeded") > 0);
        await account.PostText($"v1/manifests/{first}/cancel", "");
        var canceled = await account.Ended(first);

        var again = await account.Ended(await Send());

        var made = Of(canceled, "succeeded");
        Assert.That(made, Is.LessThan(24));
        Assert.That(ManifestTests.Count(again, "total", "skipped", "succeeded"), Is.EqualTo($"24 {made} {24 - made}"));
        Assert.That(await account.Credits(), Is.EqualTo((904L, 0L, 96L)));
        await account.BooksAreRight();

        async Task<string> Send()
        {
            if (!dropped) return await account.PostManifest(content);
            var before = (await account.GetJson("v1/manifests")).GetProperty("data").EnumerateArray().Select(Id).ToHashSet();
            await account.Drop("tiles.json", content);
            var list = await Account.Until(
                () => account.GetJson("v1/manifests"), found => found.GetProperty("data").GetArrayLength() > before.Count);
            return list.GetProperty("data").EnumerateArray().Select(Id).Single(id => !before.Contains(id));
        }
    }

    [Test]
    public async Task One_that_is_not_there_or_somebody_elses_is_not_found()
    {
        var id = await account.PostManifest("""[{"prompt":"A cat on a mat"}]""");
        await account.Ended(id);
        var other = await app.NewAccount(credits: 0);

        foreach (var answer in (HttpResponseMessage[])[
            await other.PostText($"v1/manifests/{id}/cancel", ""), await other.Get($"v1/manifests/{id}"),
            await account.PostText("v1/manifests/mf_1/cancel", ""), await account.Get("v1/manifests/mf_1")])
            await SubmitTests.IsProblem(answer, 404, "not_found");
    }

    private static string Id(JsonElement manifest) => manifest.GetProperty("id").GetString()!;

    private static int Of(JsonElement manifest, string count) => manifest.GetProperty("counts").GetProperty(count).GetInt32();
}
