using System.Net;
using Microsoft.AspNetCore.Http;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>Tests with one account, whose endpoint answers as they say, on a hand-moved clock.</summary>
public abstract class OneEndpointTests
{
    private protected ClockedDeliveries clocked = null!;
    private protected Func<HttpContext, Task> answer = null!;
    private protected Receiver receiver = null!;
    private protected AccountId account;

    [SetUp]
    public async Task OpenAnAccount()
    {
        clocked = new ClockedDeliveries(new WebhookOptions { AtOncePerEndpointMax = 2 });
        answer = _ => Task.CompletedTask;
        receiver = await Receiver.Start((http, _) => answer(http));
        (account, _) = await clocked.Account("demo", receiver.Url("hook"));
    }

    [TearDown]
    public async Task Close()
    {
        clocked.Dispose();
        await receiver.DisposeAsync();
    }

    private protected static DeliveryMessage MessageOf(Delivery delivery) =>
        new(delivery.Account.Value, delivery.Id.Value, delivery.Endpoint, delivery.Turn);

    /// <summary>Waits until so many calls are held.</summary>
    private protected Task<int> Hold(int calls) => Apps.Account.Until(() => Task.FromResult(receiver.Calls), now => now == calls);

    private protected async Task<Delivery> Happen() => (await clocked.Happen(account, 1)).Single();

    private protected void Fails() => answer = http =>
    {
        http.Response.StatusCode = (int)HttpStatusCode.InternalServerError;
        return Task.CompletedTask;
    };
}
