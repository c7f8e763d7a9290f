using System.Text.Json;

namespace Pipeline.Tests.Apps;

/// <summary>What an account's images cost, by day, model and a tag of its own, and what was saved.</summary>
public sealed class UsageTests() : AppTests(credits: 1000)
{
    private const string OneK = "gemini-3.1-flash-image-preview";
    private const string FourK = "gemini-3.1-flash-image-preview-4k";

    [Test]
    public async Task Images_are_added_up_by_model_with_their_dollars_and_what_was_saved()
    {
        await account.Run(new { prompt = "A cat on a mat", num = 2 });
        await account.Run(new { prompt = "A dog on a mat", num = 3 });
        await account.Run(new { prompt = "A fox on a mat", model = "4k" });

        var usage = await Usage("");

        Assert.Multiple(() =>
        {
            Assert.That(Lines(usage), Is.EqualTo(new[]
            {
                $"{OneK} null 2 jobs 5 images 20 credits: 0.2 of 0.335, 0.135 or 40 % saved",
                $"{FourK} null 1 jobs 1 images 8 credits: 0.08 of 0.151, 0.071 or 47 % saved",
            }));
            Assert.That(Sum(usage.GetProperty("total")), Is.EqualTo("3 jobs 6 images 28 credits: 0.28 of 0.486, 0.206 or 42 % saved"));
        });
        Assert.That((await account.Credits()).Spent, Is.EqualTo(28));
    }

    [Test]
    public async Task By_a_tag_each_of_its_values_is_counted_by_itself()
    {
        await account.Run(new { prompt = "A cat on a mat", metadata = new { project = "b" } });
        await account.Run(new { prompt = "A dog on a mat", metadata = new { project = "a", team = "x" }, num = 2 });
        await account.Run(new { prompt = "A fox on a mat", metadata = new { project = "a" } });
        await account.Run(new { prompt = "A cow on a mat", metadata = new { team = "x" } });

        var byProject = await Usage("tag=project");
        var byTeam = await Usage("tag=team");

        Assert.Multiple(() =>
        {
            Assert.That(byProject.GetProperty("tag").GetString(), Is.EqualTo("project"));
            Assert.That(Short(byProject), Is.EqualTo(new[] { "null 1/1/4", "a 2/3/12", "b 1/1/4" }));
            Assert.That(Short(byTeam), Is.EqualTo(new[] { "null 2/2/8", "x 2/3/12" }));
        });
        foreach (var usage in (JsonElement[])[byProject, byTeam, await Usage(""), await Usage("tag=nobody")]) IsSumOfItsLines(usage);
    }

    [Test]
    public async Task Only_stored_images_count()
    {
        await account.Run(new { prompt = "A cat on a mat [[fault:safety]]", metadata = new { project = "a" } });
        var partly = await account.Run(new { prompt = "A dog on a mat [[fault:fewer]]", num = 3, metadata = new { project = "b" } });

        var stored = partly.GetProperty("images").EnumerateArray().Count(image => image.GetProperty("status").GetString() == "stored");
        Assert.That((partly.GetProperty("status").GetString(), stored), Is.EqualTo(("partially_succeeded", 2)));
        Assert.That(Short(await Usage("tag=project")), Is.EqualTo(new[] { "b 1/2/8" }));
    }

    [Test]
    public async Task A_deleted_job_still_counts_without_its_tag()
    {
        var job = await account.Run(new { prompt = "A cat on a mat", num = 2, metadata = new { project = "secret" } });
        Assert.That(Short(await Usage("tag=project")), Is.EqualTo(new[] { "secret 1/2/8" }));

        await account.Delete($"v1/jobs/{job.GetProperty("id").GetString()}");

        Assert.That(Short(await Usage("tag=project")), Is.EqualTo(new[] { "null 1/2/8" }));
    }

    [Test]
    public async Task A_job_counts_on_the_day_on_which_it_was_done()
    {
        var job = await account.Run(new { prompt = "A cat on a mat" });
        var day = DateOnly.FromDateTime(job.GetProperty("finished_at").GetDateTimeOffset().UtcDateTime);

        var days = await Usage($"from={day.AddDays(-1):O}&to={day.AddDays(1):O}");
        Assert.That(days.GetProperty("data")[0].GetProperty("day").GetString(), Is.EqualTo($"{day:O}"));
        Assert.That(Short(await Usage($"from={day:O}&to={day:O}")), Is.EqualTo(new[] { "null 1/1/4" }));
        Assert.That(Short(await Usage($"from={day.AddDays(-9):O}&to={day.AddDays(-1):O}")), Is.Empty);
        Assert.That(Short(await Usage($"from={day.AddDays(1):O}")), Is.Empty);
        var before = await Usage($"to={day.AddDays(-1):O}");
        Assert.That(Sum(before.GetProperty("total")), Is.EqualTo("0 jobs 0 images 0 credits: 0 of 0, 0 or 0 % saved"));
    }

    [TestCase("from=2026-02-01&to=2026-01-31", "invalid_request", "?from")]
    [TestCase("from=2026-01-01&to=2026-02-01", "invalid_request", "?from")]
    [TestCase("from=yesterday", "invalid_request", "?from")]
    [TestCase("to=2026-13-01", "invalid_request", "?to")]
    [TestCase("tag=", "invalid_request", "?tag")]
    [TestCase("day=2026-01-31", "unknown_field", "?day")]
    public async Task Days_that_cannot_be_are_refused(string query, string code, string pointer) =>
        await SubmitTests.IsProblem(await account.Get($"v1/credits/usage?{query}"), 400, code, pointer);

    [TestCase("to=0001-01-01")]
    [TestCase("from=0001-01-01")]
    [TestCase("from=9999-12-31")]
    [TestCase("to=9999-12-31")]
    public async Task Days_at_the_calendars_ends_may_be_asked_for(string query) =>
        Assert.That((await Usage(query)).GetProperty("data").GetArrayLength(), Is.Zero);

    [Test]
    public async Task Another_accounts_images_are_not_in_it()
    {
        await account.Run(new { prompt = "A cat on a mat" });

        var other = await (await app.NewAccount(credits: 4)).GetJson("v1/credits/usage");

        Assert.That(other.GetProperty("data").GetArrayLength(), Is.Zero);
    }

    private Task<JsonElement> Usage(string query) => account.GetJson($"v1/credits/usage{(query.Length > 0 ? "?" + query : "")}");

    private static string[] Lines(JsonElement usage) =>
    [
        .. usage.GetProperty("data").EnumerateArray()
            .Select(line => $"{line.GetProperty("model")} {Tag(line)} {Sum(line)}"),
    ];

    /// <summary>Each line's tag, jobs, images and credits.</summary>
    private static string[] Short(JsonElement usage) =>
    [
        .. usage.GetProperty("data").EnumerateArray().Select(line => (Tag: Tag(line), Usage: line)).Select(
            line => $"{line.Tag} {line.Usage.GetProperty("jobs")}/{line.Usage.GetProperty("images")}/{line.Usage.GetProperty("credits")}"),
    ];

    private static string Tag(JsonElement line) => line.GetProperty("tag").GetString() ?? "null";

    private static string Sum(JsonElement sum) =>
        $"{sum.GetProperty("jobs")} jobs {sum.GetProperty("images")} images {sum.GetProperty("credits")} credits: "
        + $"{sum.GetProperty("usd").GetDecimal():0.###} of {sum.GetProperty("official_usd").GetDecimal():0.###}, "
        + $"{sum.GetProperty("saving_usd").GetDecimal():0.###} or {sum.GetProperty("saving_percent")} % saved";

    private static void IsSumOfItsLines(JsonElement usage)
    {
        foreach (var field in (string[])["jobs", "images", "credits", "usd", "official_usd", "saving_usd"])
        {
            var sum = usage.GetProperty("data").EnumerateArray().Sum(line => line.GetProperty(field).GetDecimal());
            Assert.That(usage.GetProperty("total").GetProperty(field).GetDecimal(), Is.EqualTo(sum).And.GreaterThan(0), field);
        }
    }
}
