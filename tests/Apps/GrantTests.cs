using System.Globalization;
using System.Net;
using System.Text.Json;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Apps;

/// <summary>Credits that the operator gives and takes back: paid or promotional, for a time or for good, once per reference.</summary>
public sealed class GrantTests() : AppTests(credits: 10)
{
    [Test]
    public async Task Lots_are_listed_in_the_order_in_which_they_are_spent()
    {
        var (soon, late) = (InDays(1), InDays(2));
        await Grant(new { credits = 5, reference = "a", expires_at = late });
        await Grant(new { credits = 6, reference = "b", category = "promotional" });
        await Grant(new { credits = 7, reference = "c", category = "promotional", expires_at = soon });
        await Grant(new { credits = 8, reference = "d", category = "promotional", expires_at = soon });
        await Grant(new { credits = 9, reference = "e", category = "paid" });

        Assert.That(await Lots(), Is.EqualTo(new[] { $"promotional {soon} 15", "promotional never 6", $"paid {late} 5" }));
        Assert.That(await account.Credits(), Is.EqualTo((45L, 0L, 0L)));

        await account.Run(new { prompt = "A cat on a mat", num = 4 });

        Assert.That(await Lots(), Is.EqualTo(new[] { "promotional never 5", $"paid {late} 5" }));
    }

    [TestCase("2026-01-31T09:30:00Z")]
    [TestCase("0001-01-01T00:00:00Z")]
    [TestCase("9999-12-31T00:00:01Z")]
    [TestCase("10000-01-01T00:00:00Z")]
    [TestCase("tomorrow")]
    [TestCase("2030-01-31")]
    [TestCase("2030-01-31T09:30:00")]
    public async Task An_expiry_that_is_no_time_to_come_is_refused(string expiresAt)
    {
        var answer = await Grant(new { credits = 5, reference = "a", expires_at = expiresAt });

        await SubmitTests.IsProblem(answer, 400, "invalid_request", "/expires_at");
        Assert.That(await Entries(), Is.EqualTo(new[] { "grant 10" }));
    }

    [Test]
    public async Task A_grant_is_one_for_each_reference_in_all_its_values()
    {
        var grant = new { credits = 5, reference = "invoice 7", category = "promotional", expires_at = InDays(1) };

        var first = await Grant(grant);
        var again = await Grant(grant);

        Assert.That((first.StatusCode, again.StatusCode), Is.EqualTo((HttpStatusCode.Created, HttpStatusCode.OK)));
        Assert.That(first.Headers.Contains("Idempotent-Replayed"), Is.False);
        Assert.That(again.Headers.GetValues("Idempotent-Replayed"), Is.EqualTo(new[] { "true" }));
        foreach (var other in (object[])
            [
                new { credits = 6, reference = "invoice 7", category = "promotional", expires_at = grant.expires_at },
                new { credits = 5, reference = "invoice 7", category = "paid", expires_at = grant.expires_at },
                new { credits = 5, reference = "invoice 7", category = "promotional", expires_at = InDays(2) },
                new { credits = 5, reference = "invoice 7", category = "promotional" },
            ])
            await SubmitTests.IsProblem(await Grant(other), 422, "idempotency_key_reused");
        Assert.That(await Entries(), Is.EqualTo(new[] { "grant 10", "grant 5" }));
    }

    [Test]
    public async Task A_reference_is_one_among_grants_revocations_and_corrections()
    {
        await Grant(new { credits = 5, reference = "one" });
        await Revoke(new { credits = 2, reason = "Too many", reference = "two" });

        await SubmitTests.IsProblem(
            await Revoke(new { credits = 5, reason = "Too many", reference = "one" }), 422, "idempotency_key_reused");
        await SubmitTests.IsProblem(
            await Correct(new { credits = 5, from = "granted", to = "available", corrects = 1, reason = "x", reference = "one" }),
            422, "idempotency_key_reused");
        await SubmitTests.IsProblem(await Grant(new { credits = 2, reference = "two" }), 422, "idempotency_key_reused");
        Assert.That(await account.Credits(), Is.EqualTo((13L, 0L, 0L)));
    }

    [Test]
    public async Task Credits_whose_time_is_over_expire_but_for_those_that_a_job_holds()
    {
        var expires = DateTimeOffset.UtcNow.AddSeconds(4);
        var grant = new { credits = 30, reference = "gift", category = "promotional", expires_at = Text(expires) };
        await Grant(grant);
        var job = await account.Submit(new { prompt = "A cat on a mat [[slow:6]]" });
        Assert.That(await account.Credits(), Is.EqualTo((36L, 4L, 0L)));

        var left = await Account.Until(account.Credits, credits => credits.Available != 36);

        Assert.That(left, Is.EqualTo((10L, 4L, 0L)), "the job is still at it");
        Assert.That(DateTimeOffset.UtcNow, Is.GreaterThanOrEqualTo(expires.AddMilliseconds(-1)));
        Assert.That(await Lots(), Is.EqualTo(new[] { $"promotional {Text(expires)} 4" }));
        var expired = (await account.GetJson("v1/credits/entries?kind=expire")).GetProperty("data")[0];
        Assert.Multiple(() =>
        {
            Assert.That(Texts(expired, "amount", "from", "to", "category"), Is.EqualTo("26 available granted promotional"));
            Assert.That(Texts(expired, "expires_at", "occurred_at"), Is.EqualTo($"{Text(expires)} {Text(expires)}"));
        });

        await account.Finished(job);
        Assert.That(await account.Credits(), Is.EqualTo((10L, 0L, 4L)), "it is paid with what it held");
        Assert.That(await Lots(), Is.Empty);

        var again = await Grant(grant);
        Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.OK), "the same grant was made in time");
        await SubmitTests.IsProblem(
            await Grant(new { credits = 31, reference = "late", expires_at = Text(expires) }), 400, "invalid_request", "/expires_at");
    }

    [Test]
    public async Task What_a_job_held_beyond_its_time_expires_when_it_is_released()
    {
        await Revoke(new { credits = 10, reason = "None paid", reference = "none" });
        var expires = Text(DateTimeOffset.UtcNow.AddSeconds(4));
        await Grant(new { credits = 4, reference = "gift", category = "promotional", expires_at = expires });
        var job = await account.Submit(new { prompt = "A cat on a mat [[slow:4]] [[fault:safety]]" });

        await account.Finished(job);

        await Account.Until(Entries, entries => entries[^1].StartsWith("expire", StringComparison.Ordinal));
        Assert.That(await Entries(), Is.EqualTo(new[] { "grant 10", "revoke 10", "grant 4", "hold 4", "release 4", "expire 4" }));
        Assert.That(await account.Credits(), Is.EqualTo((0L, 0L, 0L)));
    }

    [Test]
    public async Task A_revocation_takes_what_is_free_of_one_category()
    {
        await Grant(new { credits = 20, reference = "gift", category = "promotional" });
        await Grant(new { credits = 5, reference = "for a day", expires_at = InDays(1) });

        var taken = await Revoke(new { credits = 12, reason = "A mistake", reference = "back" });
        var again = await Revoke(new { credits = 12, reason = "A mistake", reference = "back" });

        Assert.That((taken.StatusCode, again.StatusCode), Is.EqualTo((HttpStatusCode.Created, HttpStatusCode.OK)));
        Assert.That(again.Headers.GetValues("Idempotent-Replayed"), Is.EqualTo(new[] { "true" }));
        await SubmitTests.IsProblem(
            await Revoke(new { credits = 12, reason = "Another reason", reference = "back" }), 422, "idempotency_key_reused");
        Assert.That(await Lots(), Is.EqualTo(new[] { "promotional never 20", $"paid {InDays(1)} 3" }), "what never expires goes first");
        await Revoke(new { credits = 20, category = "promotional", reason = "A mistake", reference = "gift back" });
        Assert.That(await Lots(), Is.EqualTo(new[] { $"paid {InDays(1)} 3" }));
        Assert.That(await account.Credits(), Is.EqualTo((3L, 0L, 0L)));
        var entry = (await account.GetJson("v1/credits/entries?kind=revoke")).GetProperty("data")[1];
        Assert.That(Texts(entry, "from", "to", "category", "reason"), Is.EqualTo("available granted paid A mistake"));
    }

    [TestCase(11, "paid", "10 paid credits")]
    [TestCase(7, "promotional", "6 promotional credits")]
    public async Task More_than_is_free_cannot_be_revoked(long credits, string category, string words)
    {
        await Grant(new { credits = 10, reference = "gift", category = "promotional" });
        await account.HoldWithoutMessage(new JobRequest { Prompt = "A cat on a mat", Model = Catalogue.Load().Default });
        var before = await Entries();

        var answer = await Revoke(new { credits, category, reason = "Too many", reference = "back" });

        await SubmitTests.IsProblem(answer, 400, "invalid_request", "/credits");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain(words));
        Assert.That(await Entries(), Is.EqualTo(before));
        Assert.That(await account.Credits(), Is.EqualTo((16L, 4L, 0L)));

        var fewer = await Revoke(new { credits = credits - 1, category, reason = "As many", reference = "back" });
        Assert.That((int)fewer.StatusCode, Is.EqualTo(201), "a refusal does not use the reference up");
    }

    [TestCase("""{"credits":1,"reference":"x"}""", "/reason")]
    [TestCase("""{"credits":0,"reason":"x","reference":"x"}""", "/credits")]
    [TestCase("""{"credits":1,"reason":"x"}""", "/reference")]
    public async Task A_wrong_revocation_is_refused_by_its_field(string body, string pointer) =>
        await SubmitTests.IsProblem(await Revoke(JsonElement.Parse(body)), 400, "invalid_request", pointer);

    private static readonly DateTimeOffset Today = new(DateTime.UtcNow.Date, TimeSpan.Zero);

    private static string InDays(int days) => Text(Today.AddDays(1 + days));

    private static string Text(DateTimeOffset time) =>
        time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Texts(JsonElement json, params string[] names) =>
        string.Join(' ', names.Select(name => json.GetProperty(name).ToString()));

    private Task<HttpResponseMessage> Grant(object grant) => Move("grants", grant);

    private Task<HttpResponseMessage> Revoke(object revocation) => Move("revocations", revocation);

    private Task<HttpResponseMessage> Correct(object correction) => Move("corrections", correction);

    private Task<HttpResponseMessage> Move(string kind, object body) =>
        app.Operator(HttpMethod.Post, $"v1/operator/accounts/{account.Id}/{kind}", body);

    private async Task<List<string>> Lots() =>
    [
        .. (await account.GetJson("v1/credits")).GetProperty("lots").EnumerateArray().Select(lot =>
            $"{lot.GetProperty("category")} {lot.GetProperty("expires_at").GetString() ?? "never"} {lot.GetProperty("credits")}"),
    ];

    /// <summary>Kind and amount of each entry, the oldest first.</summary>
    private async Task<List<string>> Entries() =>
    [
        .. (await account.GetJson("v1/credits/entries")).GetProperty("data").EnumerateArray()
            .Select(entry => Texts(entry, "kind", "amount")).Reverse(),
    ];
}
