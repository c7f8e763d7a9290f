using System.Net.Http.Json;
using System.Text.Json;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Tests.Credits;
using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Apps;

/// <summary>Deliveries that are asked for again, and the feed for those whom none can reach.</summary>
public sealed class RedeliverTests() : AppTests(credits: 200, ("Outgoing__AllowLoopback", "true"))
{
    private Receiver receiver = null!;
    private volatile bool isBroken;
    private volatile int status;

    [SetUp]
    public async Task StartReceiver()
    {
        (isBroken, status) = (false, 410);
        receiver = await Receiver.Start((http, _) =>
        {
            if (isBroken) http.Response.StatusCode = status;
            return Task.CompletedTask;
        });
    }

    [TearDown]
    public async Task StopReceiver() => await receiver.DisposeAsync();

    [Test]
    public async Task One_that_was_delivered_comes_again_under_the_same_id()
    {
        await Save();
        await account.Run(new { prompt = "A red fox", model = "512" });
        await Came(1);
        var id = (await Delivered(1))[0].GetProperty("id").GetString();

        using var answer = await account.PostText($"v1/webhook/deliveries/{id}/redeliver", "");

        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync());
        Assert.That(answer.Headers.Location, Is.EqualTo(new Uri(app.Process.Url, $"v1/webhook/deliveries/{id}")));
        var came = await Came(2);
        Assert.That((came[1].Id, came[1].Body), Is.EqualTo((came[0].Id, came[0].Body)));
        var listed = await Account.Until(
            () => account.GetJson($"v1/webhook/deliveries/{id}"), found => found.GetProperty("status").GetString() == "delivered");
        Assert.That(listed.GetProperty("attempts").GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public async Task What_an_endpoint_missed_comes_once_it_is_asked_for_also_from_before_it_was_there()
    {
        var since = DateTimeOffset.UtcNow.AddMinutes(-1);
        await account.Run(new { prompt = "A red fox before", model = "512" });
        await Save();
        await account.Run(new { prompt = "A red fox that came", model = "512" });
        await Came(1);
        isBroken = true;
        await account.Run(new { prompt = "A red fox that was refused", model = "512" });
        await Account.Until(() => account.GetJson("v1/webhook"), found => found.GetProperty("status").GetString() == "disabled");
        await account.Run(new { prompt = "A red fox while it is disabled", model = "512" });
        await Failed(2);
        using var refused = await account.Post("v1/webhook/deliveries/redeliver", new { since });
        await SubmitTests.IsProblem(refused, 400, "invalid_request", "");
        isBroken = false;
        await Save();

        Assert.That(await Redeliver(new { since }), Is.EqualTo(3), "the one before, the one that was refused and the one meanwhile");
        var came = await Came(5);
        Assert.That(came.Skip(2).Select(delivery => delivery.Id), Is.Unique);
        await Delivered(4);
        Assert.That(await Redeliver(new { since }), Is.Zero);
        Assert.That(await Redeliver(new { since, only_failed = false }), Is.EqualTo(4));
        Assert.That(await Redeliver(new { since = DateTimeOffset.UtcNow.AddMinutes(1), only_failed = false }), Is.Zero);
        Assert.That(await Came(9), Has.Count.EqualTo(9));
    }

    [Test]
    public async Task What_waits_for_its_next_try_is_brought_forward()
    {
        (isBroken, status) = (true, 500);
        await Save();
        var since = DateTimeOffset.UtcNow.AddMinutes(-1);
        await account.Run(new { prompt = "A red fox", model = "512" });
        // After its second try it waits for five minutes.
        await Came(2);
        await Account.Until(
            async () => (await Listed("pending", 1))[0].GetProperty("attempts").GetArrayLength(), tries => tries == 2);
        isBroken = false;

        Assert.That(await Redeliver(new { since }), Is.EqualTo(1));

        await Delivered(1);
        Assert.That((await Came(3)).Select(delivery => delivery.Id).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task Of_many_events_a_call_begins_with_some_and_says_where_to_go_on()
    {
        await Save();
        var id = AccountId.Parse(account.Id);
        var ledger = TestLedger.Of(app.Storage);
        var events = Enumerable.Range(0, 60).Select(number => NewEvent.Of("manifest.completed", new { number })).ToList();
        // None is announced, and those of another process' first transaction are not wanted yet.
        for (var n = 0; n < 9; n++) await ledger.Commit(id, _ => new Decision.Accept([], []) { Events = [.. events.Take(30)] }, default);
        var since = (await account.GetJson("v1/events?limit=1")).GetProperty("data")[0].GetProperty("timestamp").GetDateTimeOffset();
        await Task.Delay(5);
        for (var n = 0; n < 9; n++) await ledger.Commit(id, _ => new Decision.Accept([], []) { Events = [.. events.Take(30)] }, default);

        var first = await Ask(new { since, only_failed = false });
        var second = await Ask(new { since, only_failed = false, after = first.GetProperty("next_after").GetString() });

        Assert.That(first.GetProperty("next_after").GetString(), Does.StartWith("evt_"));
        Assert.That(second.GetProperty("next_after").ValueKind, Is.EqualTo(JsonValueKind.Null));
        var ids = (await Pages("limit=100")).Order().ToList();
        Assert.That(ids, Has.Count.EqualTo(540).And.Unique);
        await Came(1);
    }

    [TestCase("""{}""", "/since")]
    [TestCase("""{"since":"yesterday"}""", "/since")]
    [TestCase("""{"since":"2026-01-31T09:30:00Z","only_failed":"yes"}""", "/only_failed")]
    [TestCase("""{"since":"2026-01-31T09:30:00Z","after":"evt_1"}""", "/after")]
    public async Task What_is_no_such_request_is_refused(string body, string pointer)
    {
        using var answer = await account.PostText("v1/webhook/deliveries/redeliver", body);

        await SubmitTests.IsProblem(answer, 400, "invalid_request", pointer);
    }

    [Test]
    public async Task The_list_has_every_delivery_once_whatever_the_size_of_its_pages()
    {
        await Save();
        for (var n = 0; n < 3; n++)
        {
            await account.Run(new { prompt = "A red fox", model = "512", webhook_url = receiver.Url("own") });
            await account.Run(new { prompt = "A red fox", model = "512" });
        }

        var all = (await Delivered(9)).Select(delivery => delivery.GetProperty("id").GetString()).ToList();
        Assert.That(all, Is.Unique.And.Ordered.Descending);
        foreach (var limit in (int[])[1, 2, 4, 9, 100]) Assert.That(await Pages($"limit={limit}"), Is.EqualTo(all), $"{limit}");
        Assert.That(await Pages("limit=2&status=delivered"), Is.EqualTo(all));
        Assert.That(await Pages("status=failed"), Is.Empty);
        Assert.That(await Pages("status=pending"), Is.Empty);
        using var wrong = await account.Get("v1/webhook/deliveries?cursor=xyz");
        await SubmitTests.IsProblem(wrong, 400, "invalid_request", "?cursor");
    }

    [Test]
    public async Task The_feed_goes_on_behind_the_last_event_that_was_seen()
    {
        await account.Run(new { prompt = "A red fox", model = "512", num = 2 });
        await account.Run(new { prompt = "A red fox [[fault:safety]]", model = "512" });
        var first = await account.GetJson("v1/events?limit=1");
        var next = first.GetProperty("next_after").GetString();

        var second = await account.GetJson($"v1/events?after={next}");
        var last = second.GetProperty("next_after").GetString();
        var none = await account.GetJson($"v1/events?after={last}&limit=100");

        Assert.That(first.GetProperty("has_more").GetBoolean(), Is.True);
        Assert.That(Types(first), Is.EqualTo(new[] { "job.succeeded" }));
        Assert.That(Types(second), Is.EqualTo(new[] { "job.failed" }));
        Assert.That(second.GetProperty("has_more").GetBoolean(), Is.False);
        Assert.That(Types(none), Is.Empty);
        Assert.That(none.GetProperty("next_after").GetString(), Is.EqualTo(last));
        await account.Run(new { prompt = "A red fox", model = "512" });
        Assert.That(Types(await account.GetJson($"v1/events?after={last}")), Is.EqualTo(new[] { "job.succeeded" }));
        var other = await app.NewAccount(credits: 10);
        await other.Run(new { prompt = "A red fox", model = "512" });
        await SubmitTests.IsProblem(await other.Get($"v1/events?after={next}"), 400, "invalid_request", "?after");
        await SubmitTests.IsProblem(await account.Get("v1/events?after=evt_1"), 400, "invalid_request", "?after");
        var later = EventId.New(1_000).Value;
        await SubmitTests.IsProblem(await account.Get($"v1/events?after={later}"), 400, "invalid_request", "?after");
    }

    private static List<string> Types(JsonElement page) =>
        [.. page.GetProperty("data").EnumerateArray().Select(found => found.GetProperty("type").GetString()!)];

    private async Task Save()
    {
        var body = JsonContent.Create(new { url = receiver.Url("hook") });
        using var answer = await app.Send(new HttpRequestMessage(HttpMethod.Put, "v1/webhook") { Content = body }, account.ApiKey);
        Assert.That((int)answer.StatusCode, Is.AnyOf(200, 201), await answer.Content.ReadAsStringAsync());
    }

    private async Task<JsonElement> Ask(object body)
    {
        using var answer = await account.Post("v1/webhook/deliveries/redeliver", body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That((int)answer.StatusCode, Is.EqualTo(200), text);
        return JsonElement.Parse(text);
    }

    private async Task<int> Redeliver(object body)
    {
        var found = await Ask(body);
        Assert.That(found.GetProperty("next_after").ValueKind, Is.EqualTo(JsonValueKind.Null));
        return found.GetProperty("begun").GetInt32();
    }

    private Task<IReadOnlyList<ReceivedDelivery>> Came(int count) =>
        Account.Until(() => Task.FromResult(receiver.Received), came => came.Count >= count);

    private Task<List<JsonElement>> Delivered(int count) => Listed("delivered", count);

    private Task<List<JsonElement>> Failed(int count) => Listed("failed", count);

    private Task<List<JsonElement>> Listed(string status, int count) => Account.Until(
        async () => (await account.GetJson($"v1/webhook/deliveries?status={status}&limit=100"))
            .GetProperty("data").EnumerateArray().ToList(),
        found => found.Count >= count);

    private async Task<List<string?>> Pages(string query)
    {
        var ids = new List<string?>();
        for (var cursor = ""; ;)
        {
            var page = await account.GetJson($"v1/webhook/deliveries?{query}{cursor}");
            ids.AddRange(page.GetProperty("data").EnumerateArray().Select(delivery => delivery.GetProperty("id").GetString()));
            if (page.GetProperty("next_cursor").GetString() is not { } next) return ids;
            cursor = $"&cursor={next}";
        }
    }
}
