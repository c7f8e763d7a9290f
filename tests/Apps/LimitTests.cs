using System.Net.Http.Json;
using System.Text.Json;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Apps;

/// <summary>What the operator lets an account do, and what is refused beyond it: with a time to come back, and nothing held.</summary>
public sealed class LimitTests() : AppTests(credits: 1000)
{
    /// <summary>A job of 4 credits.</summary>
    private static readonly object Cat = new { prompt = "A cat on a mat" };

    [Test]
    public async Task Limits_are_set_as_a_whole_and_shown_to_the_operator_and_the_account()
    {
        const string All = """{"credits_per_day":500,"open_jobs":7,"requests_per_minute":900,"credits_low":50}""";
        const string One = """{"credits_per_day":null,"open_jobs":8,"requests_per_minute":null,"credits_low":null}""";

        var set = await Limit(account, JsonElement.Parse(All));
        Assert.That((await set.Content.ReadFromJsonAsync<JsonElement>()).ToString(), Is.EqualTo(All));
        Assert.That((await Shown(account)).GetProperty("limits").ToString(), Is.EqualTo(All));
        Assert.That((await account.GetJson("v1/credits")).GetProperty("limits").ToString(), Is.EqualTo(All));

        await Limit(account, new { open_jobs = 8 });
        Assert.That((await Shown(account)).GetProperty("limits").ToString(), Is.EqualTo(One), "what is left out is no limit any more");
        Assert.That((await account.GetJson("v1/credits")).GetProperty("limits").ToString(), Is.EqualTo(One));
    }

    [TestCase("""{"open_jobs":0}""", "invalid_request", "/open_jobs")]
    [TestCase("""{"open_jobs":1000001}""", "invalid_request", "/open_jobs")]
    [TestCase("""{"credits_per_day":1.5}""", "invalid_request", "/credits_per_day")]
    [TestCase("""{"credits_low":"1"}""", "invalid_request", "/credits_low")]
    [TestCase("""{"requests":1}""", "unknown_field", "/requests")]
    public async Task A_wrong_limit_is_named_and_changes_nothing(string body, string code, string pointer)
    {
        await Limit(account, new { open_jobs = 8 });

        var answer = await app.Operator(HttpMethod.Put, PathOf(account.Id), JsonElement.Parse(body));

        await SubmitTests.IsProblem(answer, 400, code, pointer);
        Assert.That((await Shown(account)).GetProperty("limits").GetProperty("open_jobs").GetInt64(), Is.EqualTo(8));
    }

    [TestCase("nobody")]
    [TestCase("Not-An-Id")]
    public async Task An_account_that_is_not_there_has_no_limits(string id)
    {
        await SubmitTests.IsProblem(await app.Operator(HttpMethod.Put, PathOf(id), new { open_jobs = 1 }), 404, "not_found");
        await SubmitTests.IsProblem(await app.Operator(HttpMethod.Get, $"v1/operator/accounts/{id}"), 404, "not_found");
    }

    [Test]
    public async Task Beyond_its_requests_in_a_minute_an_account_is_told_when_to_come_back()
    {
        // Set before its key is used for the first time, so that it counts at once.
        var limited = await app.NewAccount(credits: 10);
        await Limit(limited, new { requests_per_minute = 3 });
        for (var request = 0; request < 3; request++) await limited.Credits();

        var job = await limited.Post("v1/jobs", Cat);
        var generate = await limited.Post("v1/images/generate", Cat);

        await SubmitTests.IsProblem(job, 429, "too_many_requests");
        Assert.That(job.Headers.RetryAfter?.Delta, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)));
        await IsRefusedAsTheImageApiWould(generate, "3 requests in a minute");
        Assert.That(generate.Headers.RetryAfter?.Delta, Is.InRange(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)));
        Assert.That(BalanceOf(await Shown(limited)), Is.EqualTo((10L, 0L, 0L)));
        Assert.That((await account.Credits()).Available, Is.EqualTo(1000), "others are served");
    }

    [Test]
    public async Task Beyond_its_open_jobs_an_account_gets_no_other_until_one_is_done()
    {
        await Limit(account, new { open_jobs = 2 });
        var first = await HoldCat();
        await HoldCat();
        var before = await account.Credits();

        var job = await account.Post("v1/jobs", Cat);
        var generate = await account.Post("v1/images/generate", Cat);

        await SubmitTests.IsProblem(job, 429, "too_many_requests");
        Assert.That(await job.Content.ReadAsStringAsync(), Does.Contain("2 jobs are open").And.Contain("at most 2"));
        Assert.That(job.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(15)));
        await IsRefusedAsTheImageApiWould(generate, "2 jobs are open");
        Assert.That(await account.Credits(), Is.EqualTo(before).And.EqualTo((992L, 8L, 0L)));
        Assert.That((await Shown(account)).GetProperty("open_jobs").GetInt64(), Is.EqualTo(2));

        await account.Cancel(first);
        Assert.That((await account.Run(Cat)).GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        Assert.That((await Shown(account)).GetProperty("open_jobs").GetInt64(), Is.EqualTo(1));
    }

    [Test]
    public async Task Retrying_and_promoting_open_jobs_too()
    {
        var canceled = await HoldCat();
        await account.Cancel(canceled);
        var draft = (await account.Run(Cat)).GetProperty("id").GetString();
        await HoldCat();
        await Limit(account, new { open_jobs = 1 });
        var before = await account.Credits();

        await SubmitTests.IsProblem(await account.PostText($"v1/jobs/{canceled}/retry", ""), 429, "too_many_requests");
        await SubmitTests.IsProblem(
            await account.Post($"v1/jobs/{draft}/images/0/promote", new { model = "4k" }), 429, "too_many_requests");

        Assert.That(await account.Credits(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_manifest_of_more_jobs_than_may_be_open_is_rejected_and_says_why()
    {
        await Limit(account, new { open_jobs = 2 });

        await account.Drop("three.json", """[{"prompt":"A cat"},{"prompt":"A dog"},{"prompt":"A fox"}]""");
        var report = await Account.Report(await account.Manifest("rejected"));

        Assert.That(
            report.GetProperty("refusal").GetString(),
            Does.Contain("makes 3 more, but at most 2 may be open").And.Contain("fewer at once").And.Contain("send the file again"));
        Assert.That(await account.Credits(), Is.EqualTo((1000L, 0L, 0L)));
        Assert.That(await Kinds(), Is.EqualTo(new[] { "grant" }));
    }

    [Test]
    public async Task Beyond_its_credits_of_a_day_an_account_waits_for_midnight()
    {
        var other = await app.NewAccount(credits: 10);
        await Limit(account, new { credits_per_day = 11 });
        await account.Run(Cat);
        await HoldCat();

        var untilMidnight = DateTime.UtcNow.Date.AddDays(1) - DateTime.UtcNow;
        var job = await account.Post("v1/jobs", Cat);
        var generate = await account.Post("v1/images/generate", Cat);

        await SubmitTests.IsProblem(job, 429, "too_many_requests");
        Assert.That(await job.Content.ReadAsStringAsync(), Does.Contain("8 credits are spent or held today").And.Contain("at most 11"));
        Assert.That(job.Headers.RetryAfter?.Delta, Is.EqualTo(untilMidnight).Within(TimeSpan.FromSeconds(10)));
        await IsRefusedAsTheImageApiWould(generate, "8 credits are spent or held today");
        Assert.That(await account.Credits(), Is.EqualTo((992L, 4L, 4L)));
        Assert.That((await account.GetJson("v1/credits")).GetProperty("spent_today").GetInt64(), Is.EqualTo(4));
        Assert.That((await other.Run(Cat)).GetProperty("status").GetString(), Is.EqualTo("succeeded"), "others are not limited");

        await Limit(account, new { credits_per_day = 12 });
        Assert.That((await account.Run(Cat)).GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        await Limit(account, new { });
        Assert.That((await account.Run(new { prompt = "A cat", num = 9 })).GetProperty("status").GetString(), Is.EqualTo("succeeded"));
    }

    [Test]
    public async Task What_never_fits_into_a_day_is_told_so()
    {
        await Limit(account, new { credits_per_day = 7 });

        var answer = await account.Post("v1/jobs", new { prompt = "A cat on a mat", num = 2 });

        await SubmitTests.IsProblem(answer, 429, "too_many_requests");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("ask for less at once"));
    }

    [Test]
    public async Task Below_credits_low_an_account_is_low()
    {
        await Limit(account, new { credits_low = 996 });
        Assert.That(await IsLow(), Is.EqualTo((false, false)));

        await account.Run(Cat);
        Assert.That(await IsLow(), Is.EqualTo((false, false)), "996 are not fewer than 996");

        await HoldCat();
        Assert.That(await IsLow(), Is.EqualTo((true, true)));
    }

    private static string PathOf(string id) => $"v1/operator/accounts/{id}/limits";

    private static (long Available, long Held, long Spent) BalanceOf(JsonElement shown)
    {
        var credits = shown.GetProperty("credits");
        return (Of("available"), Of("held"), Of("spent"));

        long Of(string bucket) => credits.GetProperty(bucket).GetInt64();
    }

    private static async Task IsRefusedAsTheImageApiWould(HttpResponseMessage answer, string words)
    {
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.That((int)answer.StatusCode, Is.EqualTo(429), body.ToString());
        Assert.That(body.GetProperty("code").GetInt32(), Is.EqualTo(429));
        Assert.That(body.GetProperty("message").GetString(), Does.Contain(words));
        Assert.That(body.GetProperty("job").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
    }

    private async Task<HttpResponseMessage> Limit(Account of, object limits)
    {
        var answer = await app.Operator(HttpMethod.Put, PathOf(of.Id), limits);
        Assert.That((int)answer.StatusCode, Is.EqualTo(200), await answer.Content.ReadAsStringAsync());
        return answer;
    }

    /// <summary>The account as the operator sees it.</summary>
    private async Task<JsonElement> Shown(Account of) =>
        await (await app.Operator(HttpMethod.Get, $"v1/operator/accounts/{of.Id}")).Content.ReadFromJsonAsync<JsonElement>();

    /// <summary>A job of 4 credits that stays open.</summary>
    private Task<string> HoldCat() =>
        account.HoldWithoutMessage(new JobRequest { Prompt = "A cat on a mat", Model = Catalogue.Load().Default });

    private async Task<(bool Account, bool Operator)> IsLow() => (
        (await account.GetJson("v1/credits")).GetProperty("low").GetBoolean(),
        (await Shown(account)).GetProperty("low").GetBoolean());

    private async Task<List<string?>> Kinds() =>
    [
        .. (await account.GetJson("v1/credits/entries")).GetProperty("data").EnumerateArray()
            .Select(entry => entry.GetProperty("kind").GetString()),
    ];
}
