using System.Net.Http.Json;
using System.Text.Json;
using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Apps;

/// <summary>Tests that share an app, each with an account and a receiver of its own.</summary>
public abstract class WebhookAppTests() : AppTests(credits: 200, ("Outgoing__AllowLoopback", "true"))
{
    private protected Receiver receiver = null!;

    [SetUp]
    public async Task StartReceiver() => receiver = await Receiver.Start((http, delivery) =>
    {
        if (delivery.Path == "broken") http.Response.StatusCode = 500;
        if (delivery.Path == "gone") http.Response.StatusCode = 410;
        return Task.CompletedTask;
    });

    [TearDown]
    public async Task StopReceiver() => await receiver.DisposeAsync();

    private protected async Task<JsonElement> Put(object body, int status)
    {
        using var answer = await PutText(JsonSerializer.Serialize(body));
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), text);
        return JsonElement.Parse(text);
    }

    private protected Task<HttpResponseMessage> PutText(string body) => app.Send(
        new HttpRequestMessage(HttpMethod.Put, "v1/webhook") { Content = new StringContent(body, null, "application/json") },
        account.ApiKey);

    private protected async Task<JsonElement> Test(int status)
    {
        using var answer = await account.PostText("v1/webhook/test", "");
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private protected Task<IReadOnlyList<ReceivedDelivery>> Came(string path, int count) =>
        Account.Until(() => Task.FromResult(receiver.At(path)), came => came.Count >= count);
}
