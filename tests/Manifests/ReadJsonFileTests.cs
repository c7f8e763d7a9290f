using System.Text.Json;
using Pipeline.Jobs;
using Pipeline.Manifests.Reading;

namespace Pipeline.Tests.Manifests;

/// <summary>A file that is one JSON value: its jobs, its head, and what is wrong with either.</summary>
public sealed class ReadJsonFileTests
{
    private const string Good = """
        { "name": "Autumn",
          "jobs": [
            { "prompt": "A cat", "num": 2 },
            { "prompt": "A dog", "model": "4k", "custom_id": "dog" }
          ] }
        """;

    [Test]
    public async Task Its_jobs_are_read_in_order_with_their_lines()
    {
        var read = await ReadFile.Json(Good);

        Assert.That((read.Head.Name, read.Errors.Count), Is.EqualTo(("Autumn", 0)));
        Assert.That(
            read.Valid.Select(job => (job.Index, job.Line, job.Request.Prompt)), Is.EqualTo(new[] { (0, 3L, "A cat"), (1, 4L, "A dog") }));
    }

    [Test]
    public async Task A_bare_array_is_a_manifest_too() =>
        Assert.That((await ReadFile.Json("""[{"prompt":"A cat"},{}]""")).Faults, Is.EqualTo(new[] { "1 /1/prompt required" }));

    [Test]
    public async Task An_invalid_job_is_named_by_line_and_pointer_and_stops_no_other()
    {
        var read = await ReadFile.Json("""
            { "jobs": [
              { "prompt": "A cat" },
              { "prompt": "A dog", "num": 12,
                "size": "1:1" },
              7,
              { "prompt": "A bird" } ] }
            """);

        Assert.That(read.Valid.Select(job => (job.Index, job.Line)), Is.EqualTo(new[] { (0, 2L), (3, 6L) }));
        Assert.That(
            read.Faults,
            Is.EqualTo(new[] { "3 /jobs/1/num out_of_range", "3 /jobs/1/size unknown_field", "5 /jobs/2 wrong_type" }));
    }

    [Test]
    public async Task What_is_said_of_all_jobs_may_stand_behind_them()
    {
        var read = await ReadFile.Json("""
            { "jobs": [ { "prompt": "A cat" } ],
              "defaults": { "model": "4k", "metadata": { "a": "1" } }, "on_invalid": "reject", "on_insufficient_credits": "partial",
              "max_credits": 500, "webhook_url": "https://example.com/hook" }
            """);

        Assert.That(read.Errors, Is.Empty);
        Assert.That(
            (read.Head.OnInvalid, read.Head.OnInsufficientCredits, read.Head.MaxCredits, read.Head.WebhookUrl),
            Is.EqualTo((OnInvalid.Reject, OnInsufficientCredits.Partial, (long?)500L, "https://example.com/hook")));
        Assert.That(
            (read.Valid[0].Request.Model.Tier, read.Valid[0].Request.Metadata["a"]), Is.EqualTo(("4K", "1")));
    }

    [Test]
    public async Task A_job_goes_before_the_defaults_and_these_before_its_preset()
    {
        var preset = new Preset(
            "noir", JsonElement.Parse("""{"prompt":"Of the preset","model":"512","image_size":"16:9","num":3,"custom_id":"p"}"""), default);
        var read = await ReadFile.Json(
            """
            { "defaults": { "preset": "noir", "model": "4k", "num": 2 }, "jobs": [
              { "prompt": "Of the job", "num": 1, "aspect_ratio": "1:1" },
              { "model": null },
              { "preset": "noire" } ] }
            """,
            preset);

        Assert.That(
            read.Valid.Select(job => (job.Request.Prompt, job.Request.Model.Tier, job.Request.Num, job.Request.ImageSize)),
            Is.EqualTo(new[] { ("Of the job", "4K", 1, "1:1"), ("Of the preset", "4K", 2, "16:9") }));
        Assert.That(read.Faults, Is.EqualTo(new[] { "4 /jobs/2/preset not_allowed" }));
    }

    [Test]
    public async Task A_job_as_it_will_be_made_says_all_that_it_asks_for()
    {
        var preset = new Preset("noir", JsonElement.Parse("""{"model":"512"}"""), default);
        var job = (await ReadFile.Json(
            """{"defaults":{"num":2},"jobs":[{"prompt":"A {what}","preset":"noir","matrix":{"what":["cat"]},"custom_id":null}]}""", preset))
            .Valid.Single();

        Assert.That(job.Json.GetRawText(), Is.EqualTo("""{"model":"512","num":2,"prompt":"A cat"}"""));
        var again = ReadJobRequest.From(job.Json, "", ReadFile.Catalogue, out _)!;
        Assert.That((again.Prompt, again.Num, again.Model.Id), Is.EqualTo((job.Request.Prompt, job.Request.Num, job.Request.Model.Id)));
    }

    [Test]
    public async Task Half_a_character_in_an_image_is_an_error_of_its_job_alone() => Assert.That(
        (await ReadFile.Json("""[{"prompt":"A cat"},{"prompt":"A dog","edit_of":"data:image/png;base64,\ud800"}]""")).Faults,
        Is.EqualTo(new[] { "1 /1 wrong_encoding" }));

    [Test]
    public async Task A_job_with_a_name_twice_is_invalid() => Assert.That(
        (await ReadFile.Json("""[{"prompt":"A cat","prompt":"A dog"},{"prompt":"A bird"}]""")).Faults,
        Is.EqualTo(new[] { "1 /0 invalid_json" }));

    [TestCase("", "1  empty_file")]
    [TestCase("  \n ", "2  invalid_json")]
    [TestCase("hello", "1  invalid_json")]
    [TestCase("7", "1  wrong_type")]
    [TestCase("null", "1  wrong_type")]
    [TestCase("[\n{\"prompt\":\"A cat\"},\n{\"prompt\":", "3  invalid_json")]
    [TestCase("[{\"prompt\":\"A cat\"}] trailing", "1  invalid_json")]
    [TestCase("{\"prompt\":\"A cat\"}\n{\"prompt\":\"A dog\"}", "2  invalid_json")]
    [TestCase("[]", "1  required")]
    [TestCase("{}", "1 /jobs required")]
    [TestCase("{\"jobs\":[]}", "1 /jobs required")]
    [TestCase("{\"jobs\":{}}", "1 /jobs wrong_type")]
    [TestCase("{\"jobs\":[{\"prompt\":\"A cat\"}],\n\"jobs\":[]}", "2  invalid_json")]
    [TestCase("{\"name\":\"\\ud800\",\"jobs\":[{\"prompt\":\"A cat\"}]}", "1  wrong_encoding")]
    [TestCase("{\"name\":\"\\u0000\",\"jobs\":[{\"prompt\":\"A cat\"}]}", "1 /name not_allowed")]
    [TestCase("{\"name\":7,\"jobs\":[{\"prompt\":\"A cat\"}]}", "1 /name wrong_type")]
    [TestCase("{\"name\":\"a\",\n\"name\":\"b\",\"jobs\":[{\"prompt\":\"A cat\"}]}", "2 /name invalid_json")]
    [TestCase("{\n\"on_invalidd\":\"reject\",\"jobs\":[{\"prompt\":\"A cat\"}]}", "2 /on_invalidd unknown_field")]
    [TestCase("{\"on_invalid\":\"run\",\"jobs\":[{\"prompt\":\"A cat\"}]}", "1 /on_invalid not_allowed")]
    [TestCase("{\"max_credits\":0,\"jobs\":[{\"prompt\":\"A cat\"}]}", "1 /max_credits out_of_range")]
    [TestCase("{\"webhook_url\":\"example.com\",\"jobs\":[{\"prompt\":\"A cat\"}]}", "1 /webhook_url not_allowed")]
    [TestCase("{\"defaults\":[],\"jobs\":[{\"prompt\":\"A cat\"}]}", "1 /defaults wrong_type")]
    [TestCase("{\n\"defaults\":{\"num\":99},\"jobs\":[{\"prompt\":\"A cat\"}]}", "2 /defaults/num out_of_range")]
    [TestCase("{\"defaults\":{\"matrix\":{}},\"jobs\":[{\"prompt\":\"A cat\"}]}", "1 /defaults/matrix not_allowed")]
    [TestCase("{\"defaults\":{\"edit_of\":\"data:image/png;base64,AAAA\"},\"jobs\":[{\"prompt\":\"A cat\"}]}", "1 /defaults not_allowed")]
    public async Task A_file_that_cannot_be_understood_runs_nothing_and_says_where(string file, string fault)
    {
        var read = await ReadFile.Json(file);

        Assert.That(read.Items, Is.Empty);
        Assert.That(read.Faults, Is.EqualTo(new[] { fault }));
    }

    [TestCase("[{\"prompt\":\"A cat\"},\n{\"prompt\":\"A", "cut off")]
    [TestCase("{\"prompt\":\"A cat\"}\n{\"prompt\":\"A dog\"}", "name it .jsonl")]
    [TestCase("[{\"prompt\":\"A cat\"},\n{'prompt':\"A dog\"}]", "line 2, byte 2")]
    public async Task And_what_to_do(string file, string wayOut) =>
        Assert.That((await ReadFile.Json(file)).Errors.Single().Detail, Does.Contain(wayOut));

    [Test]
    public async Task Deep_nesting_is_refused_with_its_line() => Assert.That(
        (await ReadFile.Json("[{\"prompt\":\"A cat\"},\n" + new string('[', 10_000))).Errors.Single(),
        Is.EqualTo(new ManifestError(2, "", "invalid_json", "Line 2 is nested deeper than 64 levels.")));

    [Test]
    public async Task A_job_that_is_too_long_is_invalid_and_its_neighbours_run()
    {
        var images = string.Join(',', Enumerable.Repeat($"\"{new string('x', 1 << 20)}\"", 5));
        var read = await ReadFile.Json($$"""[{"prompt":"A cat"},{"prompt":"A dog","ref_images":[{{images}}]},{"prompt":"A bird"}]""");

        Assert.That(read.Valid.Select(job => job.Request.Prompt), Is.EqualTo(new[] { "A cat", "A bird" }));
        Assert.That(read.Faults, Is.EqualTo(new[] { "1 /1 too_long" }));
    }

    [Test]
    public async Task A_single_text_that_is_too_long_refuses_the_file() => Assert.That(
        (await ReadFile.Json($$"""[{"prompt":"A cat"},{{"\n"}}{"prompt":"{{new string('x', 10 << 20)}}"}]""")).Faults,
        Is.EqualTo(new[] { "2  too_long" }));

    [TestCase(50_000, 0)]
    [TestCase(50_001, 1)]
    public async Task It_may_have_so_many_jobs(int jobs, int faults)
    {
        var read = await ReadFile.Json("[" + string.Join(",", Enumerable.Repeat("""{"prompt":"A cat"}""", jobs)) + "]");

        Assert.That((read.Valid.Count, read.Errors.Count), Is.EqualTo(faults > 0 ? (0, 1) : (50_000, 0)));
    }
}
