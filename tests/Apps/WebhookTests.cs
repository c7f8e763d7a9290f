using System.Diagnostics;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Apps;

/// <summary>An account's endpoint, as its owner sets it and as its receiver sees it.</summary>
public sealed class WebhookTests : WebhookAppTests
{
    [Test]
    public async Task A_jobs_end_is_told_signed_with_the_secret_that_was_shown_once()
    {
        var saved = await Put(new { url = receiver.Url("hook") }, 201);
        var secret = saved.GetProperty("secret").GetString()!;
        var job = await account.Submit(new { prompt = "A red fox", model = "512", num = 2 });
        await account.Finished(job);
        var ended = Stopwatch.StartNew();

        var delivery = (await Came("hook", 1)).Single();

        await TestContext.Progress.WriteLineAsync($"The event came {ended.ElapsedMilliseconds} ms after its job's end was seen.");
        Assert.That(await OtherVerifier.Verify([delivery], secret, DateTimeOffset.UtcNow), Is.EqualTo(new[] { "ok" }));
        Assert.That(delivery.Type, Is.EqualTo("job.succeeded"));
        var data = delivery.Json.GetProperty("data");
        Assert.That(data.GetProperty("id").GetString(), Is.EqualTo(job));
        Assert.That(data.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        Assert.That(data.GetProperty("url").GetString(), Is.EqualTo($"{app.Process.Url}v1/jobs/{job}"));
        Assert.That(data.GetProperty("credits").ToString(), Is.EqualTo("""{"held":0,"captured":8,"released":0}"""));
        Assert.That(delivery.Headers["content-type"], Is.EqualTo("application/json"));
        Assert.That(delivery.Body, Does.Not.Contain("fox"), "thin: what the caller wrote is not in it");

        var again = await Put(new { url = receiver.Url("hook") }, 200);
        Assert.That(again.TryGetProperty("secret", out _), Is.False);
        var shown = await account.GetJson("v1/webhook");
        Assert.That(shown.GetProperty("events").ToString(), Is.EqualTo("""["*"]"""));
        Assert.That(shown.ToString(), Does.Not.Contain("whsec_"));
    }

    [TestCase("A red fox [[fault:safety]]", 1, "job.failed")]
    [TestCase("A red fox [[fault:fewer]]", 2, "job.partially_succeeded")]
    public async Task Each_end_has_a_type_of_its_own(string prompt, int num, string type)
    {
        await Put(new { url = receiver.Url("hook") }, 201);

        await account.Run(new { prompt, model = "512", num });

        Assert.That((await Came("hook", 1)).Single().Type, Is.EqualTo(type));
    }

    [Test]
    public async Task A_canceled_job_and_a_balance_that_falls_low_are_told()
    {
        await Put(new { url = receiver.Url("hook") }, 201);
        await account.Cancel(await account.HoldWithoutMessage(new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Default }));
        await app.Operator(HttpMethod.Put, $"v1/operator/accounts/{account.Id}/limits", new { credits_low = 199 });

        await account.Run(new { prompt = "A red fox", model = "512" });
        await account.Run(new { prompt = "A red fox", model = "512" });

        var came = await Came("hook", 4);
        Assert.That(
            came.Select(delivery => delivery.Type),
            Is.EquivalentTo(new[] { "job.canceled", "credits.low", "job.succeeded", "job.succeeded" }), "low is told once");
        var low = came.Single(delivery => delivery.Type == "credits.low").Json.GetProperty("data");
        Assert.That(low.ToString(), Is.EqualTo($$"""{"url":"{{app.Process.Url}}v1/credits","available":196,"credits_low":199}"""));
    }

    [Test]
    public async Task Only_what_is_wanted_is_told_and_a_jobs_own_address_is_told_all_the_same()
    {
        await Put(new { url = receiver.Url("hook"), events = new[] { "job.failed", "manifest.completed" } }, 201);

        var job = await account.Run(new { prompt = "A red fox", model = "512", webhook_url = receiver.Url("own") });
        await account.Run(new { prompt = "A red fox [[fault:safety]]", model = "512" });

        var own = (await Came("own", 1)).Single().Json.GetProperty("data");
        Assert.That(own.GetProperty("id").GetString(), Is.EqualTo(job.GetProperty("id").GetString()));
        Assert.That((await Came("hook", 1)).Select(delivery => delivery.Type), Is.EqualTo(new[] { "job.failed" }));
        var list = (await account.GetJson("v1/webhook/deliveries")).GetProperty("data").EnumerateArray().ToList();
        Assert.That(
            list.Select(delivery => delivery.GetProperty("webhook_url").GetString()), Is.EqualTo(new[] { null, receiver.Url("own") }));
    }

    [Test]
    public async Task An_endpoint_that_answers_410_is_disabled_and_says_so_in_an_event_until_it_is_saved_again()
    {
        await Put(new { url = receiver.Url("gone") }, 201);
        await Test(202);
        await Came("gone", 1);
        var webhook = await Account.Until(
            () => account.GetJson("v1/webhook"), found => found.GetProperty("status").GetString() == "disabled");

        Assert.That(webhook.GetProperty("disabled_because").GetString(), Does.Contain("410").And.Contain("PUT /v1/webhook"));
        var events = (await account.GetJson("v1/events")).GetProperty("data");
        Assert.That(events[1].GetProperty("type").GetString(), Is.EqualTo("webhook.disabled"));
        Assert.That(events[1].GetProperty("data").GetProperty("url").GetString(), Is.EqualTo($"{app.Process.Url}v1/webhook"));
        await Test(400);
        await account.Run(new { prompt = "A red fox", model = "512" });
        var missed = await Account.Until(
            () => account.GetJson("v1/webhook/deliveries?status=failed"), found => found.GetProperty("data").GetArrayLength() == 2);
        Assert.That(
            missed.GetProperty("data")[0].GetProperty("attempts")[0].GetProperty("detail").GetString(),
            Is.EqualTo("Not called: the endpoint is disabled."));
        Assert.That(receiver.Received, Has.Count.EqualTo(1));

        Assert.That((await Put(new { url = receiver.Url("hook") }, 200)).GetProperty("status").GetString(), Is.EqualTo("enabled"));
        await Test(202);
        await Came("hook", 1);
    }

    [Test]
    public async Task A_try_that_fails_is_listed_and_made_again_under_the_same_id()
    {
        await Put(new { url = receiver.Url("broken") }, 201);
        var id = (await Test(202)).GetProperty("id").GetString();

        var deliveries = await Came("broken", 2);

        Assert.That(deliveries[1].Id, Is.EqualTo(deliveries[0].Id));
        Assert.That(deliveries[1].SentAt - deliveries[0].SentAt, Is.GreaterThanOrEqualTo(5));
        var listed = await Account.Until(
            () => account.GetJson($"v1/webhook/deliveries/{id}"), found => found.GetProperty("attempts").GetArrayLength() == 2);
        Assert.That(listed.GetProperty("status").GetString(), Is.EqualTo("pending"));
        Assert.That(listed.GetProperty("attempts")[0].GetProperty("status").GetInt32(), Is.EqualTo(500));
        Assert.That(
            listed.GetProperty("next_attempt_at").GetDateTimeOffset() - DateTimeOffset.UtcNow,
            Is.GreaterThan(TimeSpan.FromMinutes(4)).And.LessThan(TimeSpan.FromMinutes(6)));
        Assert.That((await account.GetJson("v1/webhook")).GetProperty("failing_since").ToString(), Is.Not.Empty);
    }
}
