using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Azure;
using Pipeline.Manifests;

namespace Pipeline.Tests.Apps;

/// <summary>Files of all forms, dropped and posted: what runs of them, and what is said of the rest.</summary>
public sealed class ManifestFileTests() : AppTests(credits: 100)
{
    private const string Lines =
        """
        {"manifest":{"name":"Autumn","defaults":{"model":"512"}}}
        {"prompt":"A {animal} in {style}","custom_id":"{animal}-{style}","matrix":{"animal":["cat","dog"],"style":["ink","oil"]}}
        {"prompt":"A pond","num":0}

        """;

    [Test]
    public async Task A_job_a_line_compressed_with_defaults_and_a_matrix()
    {
        await account.DropBytes("autumn.jsonl.gz", Manifests.ReadFile.Gzip(Encoding.UTF8.GetBytes(Lines)));

        var manifest = await account.Manifest("completed");
        var results = await Account.LinesOf(manifest, "results_url");

        Assert.That(manifest.GetProperty("name").GetString(), Is.EqualTo("Autumn"));
        Assert.That(ManifestTests.Count(manifest, "total", "invalid", "succeeded"), Is.EqualTo("5 1 4"));
        Assert.That(
            results.Select(line => line.GetProperty("custom_id").GetString()),
            Is.EquivalentTo(new[] { "cat-ink", "cat-oil", "dog-ink", "dog-oil" }));
        Assert.That((await Account.Report(manifest)).GetProperty("errors")[0].GetProperty("line").GetInt32(), Is.EqualTo(3));
        Assert.That(await account.Credits(), Is.EqualTo((84L, 0L, 16L)));
    }

    [TestCase(Lines, "application/x-ndjson")]
    [TestCase("""{"jobs":[{"prompt":"A cat","model":"512"}]}""", "application/json")]
    public async Task Posted_it_runs_as_if_it_were_dropped(string content, string type)
    {
        var manifest = await account.Ended(await account.PostManifest(content, type));

        Assert.That(manifest.GetProperty("status").GetString(), Is.EqualTo("completed"));
        Assert.That((await account.GetJson("v1/manifests")).GetProperty("data").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task Posted_compressed_it_runs_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/manifests")
        {
            Content = new ByteArrayContent(Manifests.ReadFile.Gzip(Encoding.UTF8.GetBytes(Lines))),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        request.Content.Headers.ContentEncoding.Add("gzip");

        var answer = await app.Send(request, account.ApiKey);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted), await answer.Content.ReadAsStringAsync());
        var posted = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.That(answer.Headers.Location?.AbsolutePath, Is.EqualTo($"/v1/manifests/{posted.GetProperty("id").GetString()}"));
        var ended = await account.Ended(posted.GetProperty("id").GetString()!);
        Assert.That(ended.GetProperty("status").GetString(), Is.EqualTo("completed"));
    }

    [Test]
    public async Task Posted_again_it_is_the_same_manifest()
    {
        const string Content = """[{"prompt":"A cat on a mat"}]""";
        var first = await account.PostManifest(Content);
        await account.Ended(first);

        var again = await account.PostText("v1/manifests", Content);

        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await again.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString(), Is.EqualTo(first));
        Assert.That(await account.Credits(), Is.EqualTo((96L, 0L, 4L)));
    }

    [Test]
    public async Task A_dry_run_tells_all_and_does_nothing()
    {
        const string Twice = "{\"prompt\":\"A pond\"}\n{\"prompt\":\"A pond\"}\n";
        var answer = await account.PostText("v1/manifests?dry_run=true", Lines + Twice, "application/x-ndjson");
        var report = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.Multiple(() =>
        {
            Assert.That(report.GetProperty("accepted").GetBoolean(), Is.True);
            Assert.That(report.GetProperty("manifest").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(report.GetProperty("counts").ToString(), Is.EqualTo("""{"total":7,"invalid":1,"skipped":0,"jobs":6}"""));
            Assert.That(report.GetProperty("credits").ToString(), Is.EqualTo("""{"price":24,"available":100,"available_after":76}"""));
            Assert.That(report.GetProperty("models").ToString(), Does.Contain("\"jobs\":6,\"images\":6,\"credits\":24"));
            Assert.That(
                report.GetProperty("errors").ToString(),
                Is.EqualTo("""[{"line":3,"pointer":"/num","code":"out_of_range","detail":"'num' must be from 1 to 9; given was 0."}]"""));
            Assert.That(
                report.GetProperty("duplicates").ToString(),
                Is.EqualTo("""[{"line":5,"of_line":4,"code":"same_job","custom_id":null}]"""));
            Assert.That(report.GetProperty("jobs").GetArrayLength(), Is.EqualTo(6));
            Assert.That(
                report.GetProperty("advice").EnumerateArray().Select(advice => advice.GetProperty("code").GetString()),
                Does.Contain("prompt_short"));
        });
        Assert.That(await account.Credits(), Is.EqualTo((100L, 0L, 0L)));
        Assert.That((await account.GetJson("v1/manifests")).GetProperty("data").GetArrayLength(), Is.Zero);
        Assert.That(app.ImageApi.Stats.References, Is.Empty);
    }

    [TestCase("text/plain", "[]", 415, "unsupported_media_type")]
    [TestCase("application/json", "[]", 202, null)]
    public async Task A_body_that_is_no_manifest_is_refused_at_once_or_in_its_report(string type, string body, int status, string? code)
    {
        var answer = await account.PostText("v1/manifests", body, type);

        Assert.That((int)answer.StatusCode, Is.EqualTo(status), await answer.Content.ReadAsStringAsync());
        if (code is not null)
        {
            await SubmitTests.IsProblem(answer, status, code);
            return;
        }

        var manifest = await account.Ended((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!);
        Assert.That(manifest.GetProperty("refusal").GetProperty("code").GetString(), Is.EqualTo("required"));
    }

    [Test]
    public async Task One_that_is_larger_than_it_may_be_is_refused_before_it_is_stored()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/manifests") { Content = new ByteArrayContent(new byte[201 << 20]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.ExpectContinue = true;

        await SubmitTests.IsProblem(await app.Send(request, account.ApiKey), 413, "too_large");
    }

    [TestCase("autumn.txt")]
    [TestCase("autumn")]
    [TestCase("autumn.json.zip")]
    public async Task A_file_of_another_name_is_refused_with_the_names_that_are_read(string name)
    {
        await account.Drop(name, """[{"prompt":"A cat"}]""");

        var manifest = await account.Manifest("rejected");

        Assert.That(manifest.GetProperty("refusal").GetProperty("code").GetString(), Is.EqualTo("unknown_format"));
        Assert.That((await Account.Report(manifest)).GetProperty("refusal").GetString(), Does.Contain(".jsonl"));
    }

    [Test]
    public async Task A_file_in_a_folder_is_its_accounts_by_the_first_part_of_its_name()
    {
        await account.Drop("2026/autumn/cats.json", """[{"prompt":"A cat on a mat"}]""");

        Assert.That((await account.Manifest("completed")).GetProperty("name").GetString(), Is.EqualTo("2026/autumn/cats.json"));
    }

    [Test]
    public async Task A_version_that_was_written_over_before_it_was_read_is_gone_and_the_new_one_runs()
    {
        var file = new ManifestFile($"{account.Id}/cats.json", new ETag("\"0x1\""), DateTimeOffset.UtcNow.AddMinutes(-1), 10);
        await account.Drop("cats.json", """[{"prompt":"A cat on a mat"}]""");
        await account.Register(file);

        var all = await account.AllEnded(2);

        Assert.That(all.Select(Outcome), Is.EquivalentTo(new[] { "completed", "file_gone" }));
        Assert.That(await account.Credits(), Is.EqualTo((96L, 0L, 4L)));
    }

    [Test]
    public async Task One_whose_reading_killed_the_process_again_and_again_is_given_up()
    {
        var name = $"posted/{Guid.NewGuid():N}.json";
        var file = new ManifestFile($"{account.Id}/{name}", new ETag("\"0x1\""), DateTimeOffset.UtcNow, 10);
        await account.Register(file, tries: 5);

        Assert.That(Outcome((await account.AllEnded(1)).Single()), Is.EqualTo("internal_error"));
        Assert.That(await account.Credits(), Is.EqualTo((100L, 0L, 0L)));
    }

    [Test]
    public async Task One_that_was_canceled_before_it_was_read_is_not_read()
    {
        var file = new ManifestFile($"{account.Id}/gone.json", new ETag("\"0x1\""), DateTimeOffset.UtcNow, 10);
        await account.Register(file, canceled: true);

        Assert.That(Outcome((await account.AllEnded(1)).Single()), Is.EqualTo("canceled"));
    }

    private static string? Outcome(JsonElement manifest) => manifest.GetProperty("refusal") is { ValueKind: JsonValueKind.Object } refusal
        ? refusal.GetProperty("code").GetString()
        : manifest.GetProperty("status").GetString();

    [Test]
    public async Task A_file_of_nobody_is_shown_to_the_operator_and_runs_once_there_is_such_an_account()
    {
        var id = $"later-{Guid.NewGuid():N}"[..20];
        var nobody = account with { Id = id };
        await nobody.Drop("cats.json", """[{"prompt":"A cat on a mat"}]""");

        var listed = await (await app.Operator(HttpMethod.Get, "v1/operator/unowned-files")).Content.ReadFromJsonAsync<JsonElement>();

        Assert.That(
            listed.GetProperty("data").EnumerateArray().Select(file => file.GetProperty("blob").GetString()),
            Does.Contain($"{id}/cats.json"));
        await Account.Until(
            () => Task.FromResult(app.Process.Lines),
            lines => lines.Any(line => line.Contains($"{id}/cats.json", StringComparison.Ordinal)));
    }
}
