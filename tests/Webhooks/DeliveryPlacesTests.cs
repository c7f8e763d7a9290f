using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Events;
using Pipeline.Messages;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>How many deliveries are made at once, and what a missing queue does to them.</summary>
public sealed class DeliveryPlacesTests
{
    [Test]
    public void An_account_has_so_many_places_whatever_endpoints_it_names_and_an_endpoint_fewer()
    {
        var places = new DeliveryPlaces(new WebhookOptions { AtOncePerEndpointMax = 2, AtOncePerAccountMax = 3, AtOnceMax = 4 });
        var first = places.TryEnter("a", "a 1");
        Assert.That(first, Is.Not.Null);
        Assert.That(places.TryEnter("a", "a 1"), Is.Not.Null);
        Assert.That(places.TryEnter("a", "a 1"), Is.Null, "the endpoint has enough");
        Assert.That(places.TryEnter("a", "a 2"), Is.Not.Null, "and what was refused took no place of the account's");
        Assert.That(places.TryEnter("a", "a 3"), Is.Null, "the account has enough");
        Assert.That(places.TryEnter("b", "b 1"), Is.Not.Null);
        Assert.That(places.TryEnter("c", "c 1"), Is.Null, "there are no more");
        first!.Dispose();
        Assert.That(places.TryEnter("c", "c 1"), Is.Not.Null);
    }

    [Test]
    public async Task A_queue_that_was_deleted_fails_no_one_who_announces_and_is_made_again_by_the_sweeper()
    {
        using var clocked = new ClockedDeliveries();
        var (account, _) = await clocked.Account("demo", "http://127.0.0.1:9/hook");
        var deliveries = await clocked.Happen(account, 1);
        var queues = new QueueServiceClient(Tests.Storage.NewAccount());
        var messages = new DeliveryMessages(new MessageQueues(queues, TimeProvider.System), NullLogger<DeliveryMessages>.Instance);

        Assert.DoesNotThrowAsync(() => messages.Announce(deliveries));
        Assert.That(await messages.IsIdle(default), Is.True);
        await messages.Announce(deliveries);

        Assert.That(await messages.IsIdle(default), Is.False);
    }
}
