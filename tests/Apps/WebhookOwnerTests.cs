using System.Net.Http.Json;
using System.Text.Json;
using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Apps;

/// <summary>Who may set an endpoint to what, who sees it, and whose secret signs.</summary>
public sealed class WebhookOwnerTests : WebhookAppTests
{
    [TestCase("""{}""", "/url")]
    [TestCase("""{"url":"nowhere"}""", "/url")]
    [TestCase("""{"url":"https://10.0.0.7/hook"}""", "/url")]
    [TestCase("""{"url":"https://metadata.internal/hook"}""", "/url")]
    [TestCase("""{"url":"https://user:pass@example.com/hook"}""", "/url")]
    [TestCase("""{"url":"http://example.com/hook"}""", "/url")]
    [TestCase("""{"url":"https://example.com/hook","events":[]}""", "/events")]
    [TestCase("""{"url":"https://example.com/hook","events":["job.done"]}""", "/events/0")]
    [TestCase("""{"url":"https://example.com/hook","events":["webhook.disabled"]}""", "/events/0")]
    [TestCase("""{"url":"https://example.com/hook","evnts":["job.failed"]}""", "/evnts")]
    public async Task What_is_no_endpoint_is_refused_and_changes_nothing(string body, string pointer)
    {
        using var answer = await PutText(body);

        await SubmitTests.IsProblem(answer, 400, pointer == "/evnts" ? "unknown_field" : "invalid_request", pointer);
        Assert.That((int)(await account.Get("v1/webhook")).StatusCode, Is.EqualTo(404));
    }

    [Test]
    public async Task Other_accounts_see_and_change_nothing_of_it()
    {
        await Put(new { url = receiver.Url("hook") }, 201);
        var delivery = (await Test(202)).GetProperty("id").GetString();
        await Came("hook", 1);
        var other = await app.NewAccount(credits: 10);

        await other.Run(new { prompt = "A red fox", model = "512", webhook_url = receiver.Url("other") });
        await Came("other", 1);
        Assert.That((int)(await other.Get("v1/webhook")).StatusCode, Is.EqualTo(404));
        Assert.That((int)(await other.Get($"v1/webhook/deliveries/{delivery}")).StatusCode, Is.EqualTo(404));
        Assert.That((int)(await other.PostText($"v1/webhook/deliveries/{delivery}/redeliver", "")).StatusCode, Is.EqualTo(404));
        var list = (await other.GetJson("v1/webhook/deliveries")).GetProperty("data");
        var own = list.EnumerateArray().Single().GetProperty("id").GetString()!;
        Assert.That(own[..12], Is.EqualTo(delivery![..12]), "of the same number, and another account's");
        Assert.That((int)(await other.Get($"v1/webhook/deliveries/{delivery[..^1]}1")).StatusCode, Is.EqualTo(404));
        Assert.That((await other.GetJson("v1/events")).GetProperty("data").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    public async Task Without_an_endpoint_a_jobs_own_address_is_told_signed_with_a_secret_that_a_rotation_shows()
    {
        await account.Run(new { prompt = "A red fox", model = "512", webhook_url = receiver.Url("own") });
        await Came("own", 1);
        using var rotated = await account.PostText("v1/webhook/rotate", "");
        var secret = (await rotated.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("secret").GetString()!;

        await account.Run(new { prompt = "A red fox", model = "512", webhook_url = receiver.Url("own") });

        var deliveries = await Came("own", 2);
        Assert.That(deliveries[1].Headers["webhook-signature"].Split(' '), Has.Length.EqualTo(2), "the first one signs for a day");
        Assert.That(await OtherVerifier.Verify([deliveries[1]], secret), Is.EqualTo(new[] { "ok" }));
        Assert.That((int)(await account.Get("v1/webhook")).StatusCode, Is.EqualTo(404));
    }

    [Test]
    public async Task After_a_rotation_receivers_with_either_secret_are_content()
    {
        var first = (await Put(new { url = receiver.Url("hook") }, 201)).GetProperty("secret").GetString()!;
        using var rotated = await account.PostText("v1/webhook/rotate", "");
        var answer = await rotated.Content.ReadFromJsonAsync<JsonElement>();
        await Test(202);

        var delivery = await Came("hook", 1);

        Assert.That(await OtherVerifier.Verify(delivery, first), Is.EqualTo(new[] { "ok" }));
        Assert.That(await OtherVerifier.Verify(delivery, answer.GetProperty("secret").GetString()!), Is.EqualTo(new[] { "ok" }));
        var until = answer.GetProperty("previous_until").GetDateTimeOffset() - DateTimeOffset.UtcNow;
        Assert.That(until, Is.EqualTo(TimeSpan.FromHours(24)).Within(TimeSpan.FromMinutes(1)));
        Assert.That((await account.GetJson("v1/webhook")).GetProperty("previous_secret_until").ToString(), Is.Not.Empty);
    }

    [Test]
    public async Task An_endpoint_that_was_removed_is_told_nothing_and_a_new_one_has_a_new_secret()
    {
        var first = (await Put(new { url = receiver.Url("hook") }, 201)).GetProperty("secret").GetString();
        Assert.That((int)(await account.Delete("v1/webhook")).StatusCode, Is.EqualTo(204));
        Assert.That((int)(await account.Delete("v1/webhook")).StatusCode, Is.EqualTo(404));
        await account.Run(new { prompt = "A red fox", model = "512" });
        await Test(404);

        var second = (await Put(new { url = receiver.Url("again") }, 201)).GetProperty("secret").GetString();
        await Test(202);

        await Came("again", 1);
        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(receiver.At("hook"), Is.Empty);
        Assert.That((await account.GetJson("v1/webhook/deliveries")).GetProperty("data").GetArrayLength(), Is.EqualTo(1));
    }
}
