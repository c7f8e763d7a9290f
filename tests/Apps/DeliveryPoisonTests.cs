using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Pipeline.Events;
using Pipeline.Storage;
using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Apps;

/// <summary>A delivery whose worker failed at it every time is listed as failed, and can be asked for again.</summary>
public sealed class DeliveryPoisonTests() : AppTests(
    credits: 100, ("Outgoing__AllowLoopback", "true"), ("Jobs__ResendAfter", "01:00:00"),
    ("AzureFunctionsJobHost__extensions__queues__visibilityTimeout", "00:00:00.1"))
{
    private Receiver receiver = null!;

    [SetUp]
    public async Task StartReceiver() => receiver = await Receiver.Start();

    [TearDown]
    public async Task StopReceiver() => await receiver.DisposeAsync();

    [Test]
    public async Task It_is_pending_no_more_and_comes_once_it_is_asked_for()
    {
        // With the account's secret damaged, its worker fails at each try.
        await account.Run(new { prompt = "A red fox", model = "512", webhook_url = receiver.Url("own") });
        var delivery = await Only("delivered");
        var id = delivery.GetProperty("id").GetString()!;
        Assert.That(DeliveryId.TryParse(id, out var parsed));
        var data = await Damage(LedgerKeys.Webhook, "Secret");
        using (await account.PostText($"v1/webhook/deliveries/{id}/redeliver", "")) await Settled("delivery_ended");

        var failed = await Only("failed");
        Assert.That(
            failed.GetProperty("attempts")[1].GetProperty("detail").GetString(),
            Is.EqualTo("This service itself failed 5 times to call the endpoint."));
        Assert.That(await Replay(), Is.EqualTo("sent 0, cleared 1, kept 0"));
        await Mend(LedgerKeys.Webhook, "Secret", data);
        using (await account.PostText($"v1/webhook/deliveries/{id}/redeliver", "")) await Only("delivered");
        Assert.That(receiver.Received, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task One_that_is_damaged_itself_is_kept_and_sent_again_when_it_is_mended()
    {
        await account.Run(new { prompt = "A red fox", model = "512", webhook_url = receiver.Url("own") });
        var id = (await Only("delivered")).GetProperty("id").GetString()!;
        Assert.That(DeliveryId.TryParse(id, out var parsed));
        var row = new TableEntity((await Ledger.GetEntityAsync<TableEntity>(account.Id, parsed.RowKey(pending: false))).Value);
        row.RowKey = parsed.RowKey(pending: true);
        row["State"] = "Pending";
        row.Remove("Event");
        await Ledger.AddEntityAsync(row);
        await Queue("webhooks-poison").SendMessageAsync(MessageOf(id));

        await Settled("delivery_damaged");

        Assert.That(await Replay(), Is.EqualTo("sent 0, cleared 0, kept 1"));
        await Mend(row.RowKey, "Event", parsed.Event.Value);
        Assert.That(await Replay(), Is.EqualTo("sent 1, cleared 0, kept 0"));
        await Account.Until(() => Task.FromResult(receiver.Received.Count), count => count == 2);
    }

    [Test]
    public async Task A_message_of_before_its_last_try_does_not_end_it()
    {
        await account.Run(new { prompt = "A red fox", model = "512", webhook_url = "http://127.0.0.1:9/own" });
        var pending = await Account.Until(
            () => Only("pending"), found => found.GetProperty("attempts").GetArrayLength() == 1);
        await Queue("webhooks-poison").SendMessageAsync(MessageOf(pending.GetProperty("id").GetString()!, turn: 0));

        await Settled("delivery_done");

        Assert.That((await Only("pending")).GetProperty("attempts").GetArrayLength(), Is.GreaterThanOrEqualTo(1));
        Assert.That(await Replay(), Is.EqualTo("sent 1, cleared 0, kept 0"), "the message that it waits for");
    }

    [Test]
    public async Task A_message_of_one_that_is_done_is_no_more_than_noted()
    {
        await account.Run(new { prompt = "A red fox", model = "512", webhook_url = receiver.Url("own") });
        var id = (await Only("delivered")).GetProperty("id").GetString()!;
        await Queue("webhooks-poison").SendMessageAsync(MessageOf(id));

        await Settled("delivery_done");

        Assert.That((await Only("delivered")).GetProperty("attempts").GetArrayLength(), Is.EqualTo(1));
        Assert.That(await Replay(), Is.EqualTo("sent 0, cleared 1, kept 0"));
    }

    private TableClient Ledger => new(app.Storage, "ledger");

    private QueueClient Queue(string name) => new(app.Storage, name);

    private string MessageOf(string id, int turn = 1) => Convert.ToBase64String(Encoding.UTF8.GetBytes(
        JsonSerializer.Serialize(new { account = account.Id, delivery = id, endpoint = account.Id, turn })));

    private async Task<string> Damage(string key, string column)
    {
        var row = (await Ledger.GetEntityAsync<TableEntity>(account.Id, key)).Value;
        var value = row.GetString(column);
        await Mend(key, column, "damaged");
        return value!;
    }

    private async Task Mend(string key, string column, string value) =>
        await Ledger.UpdateEntityAsync(new TableEntity(account.Id, key) { [column] = value }, ETag.All);

    private async Task<JsonElement> Only(string status) => (await Account.Until(
        () => account.GetJson($"v1/webhook/deliveries?status={status}"),
        found => found.GetProperty("data").GetArrayLength() == 1)).GetProperty("data")[0];

    /// <summary>Sweeps until the message of this account is listed, with what was found.</summary>
    private async Task Settled(string reason) => await Account.Until(
        async () =>
        {
            await app.Sweep();
            using var answer = await app.Operator(HttpMethod.Get, "v1/operator/poison?queue=webhooks&limit=100");
            return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data").EnumerateArray().ToList();
        },
        found => found.Any(message => message.GetProperty("account").GetString() == account.Id
            && message.GetProperty("reason").GetString() == reason && message.GetProperty("delivery").GetString() is not null));

    private async Task<string> Replay()
    {
        using var answer = await app.Operator(HttpMethod.Post, "v1/operator/poison/webhooks/replay");
        var replay = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return string.Join(", ", ((string[])["sent", "cleared", "kept"]).Select(name => $"{name} {replay.GetProperty(name)}"));
    }
}
