using Pipeline.Events;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>What becomes of an endpoint by its deliveries.</summary>
public sealed class WatchEndpointTests : OneEndpointTests
{
    [Test]
    public async Task An_endpoint_that_fails_for_five_days_is_disabled_and_says_so_in_an_event()
    {
        Fails();
        var began = clocked.Time.GetUtcNow();
        for (var hours = 0; hours <= 5 * 24; hours += 12)
        {
            clocked.Time.Move(began.AddHours(hours) - clocked.Time.GetUtcNow());
            var isLast = hours == 5 * 24;
            await clocked.Run(MessageOf(await Happen()));
            var webhook = (await clocked.Webhooks.Find(account, default))!;
            Assert.That(webhook.FailingSince, Is.EqualTo(began));
            Assert.That(webhook.Status, Is.EqualTo(isLast ? WebhookStatus.Disabled : WebhookStatus.Enabled), $"after {hours} h");
        }

        var disabled = (await clocked.Webhooks.Find(account, default))!;
        Assert.That(disabled.DisabledBecause, Does.StartWith("Every try failed since 2026-11-22 12:00 UTC, at last so: It answered 500."));
        var events = (await clocked.RowsOf(account, "event~")).Select(Event.FromRow).ToList();
        Assert.That(events.Count(happened => happened.Type == EventTypes.WebhookDisabled), Is.EqualTo(1));
        var before = receiver.Received.Count;
        await clocked.Run(MessageOf(await Happen()));
        Assert.That(receiver.Received, Has.Count.EqualTo(before), "it is called no more");
        Assert.That((await clocked.Done(account)).Single().Attempts.Single().Detail, Is.EqualTo("Not called: the endpoint is disabled."));
    }

    [Test]
    public async Task After_quiet_days_a_failure_is_the_first_again()
    {
        Fails();
        await clocked.Run(MessageOf(await Happen()));
        clocked.Time.Move(TimeSpan.FromDays(20));

        await clocked.Run(MessageOf(await Happen()));

        var webhook = (await clocked.Webhooks.Find(account, default))!;
        Assert.That((webhook.Status, webhook.FailingSince), Is.EqualTo((WebhookStatus.Enabled, clocked.Time.GetUtcNow())));
    }

    [Test]
    public async Task One_success_in_five_days_is_enough()
    {
        Fails();
        await clocked.Run(MessageOf(await Happen()));
        clocked.Time.Move(TimeSpan.FromDays(4));
        answer = _ => Task.CompletedTask;
        await clocked.Run(MessageOf(await Happen()));
        Assert.That((await clocked.Webhooks.Find(account, default))!.FailingSince, Is.Null);
        Fails();
        clocked.Time.Move(TimeSpan.FromDays(2));

        await clocked.Run(MessageOf(await Happen()));

        Assert.That((await clocked.Webhooks.Find(account, default))!.Status, Is.EqualTo(WebhookStatus.Enabled));
    }

    [TestCase(410)]
    [TestCase(500)]
    public async Task An_endpoint_that_was_changed_while_it_was_called_is_not_written_over(int status)
    {
        var changed = receiver.Url("changed");
        answer = async http =>
        {
            http.Response.StatusCode = status;
            await clocked.Webhooks.Change(account, before => before! with { Url = new Uri(changed) }, default);
        };

        await clocked.Run(MessageOf(await Happen()));

        var webhook = (await clocked.Webhooks.Find(account, default))!;
        Assert.That((webhook.Url, webhook.Status), Is.EqualTo((new Uri(changed), WebhookStatus.Enabled)));
        Assert.That(webhook.FailingSince, Is.Null, "that was the one before");
    }

    [Test]
    public async Task A_jobs_own_address_that_fails_disables_nothing()
    {
        answer = http =>
        {
            http.Response.StatusCode = http.Request.Path == "/own" ? 410 : 200;
            return Task.CompletedTask;
        };
        foreach (var delivery in await clocked.Happen(account, 1, receiver.Url("own"))) await clocked.Run(MessageOf(delivery));

        Assert.That(
            (await clocked.Done(account)).Select(delivery => (delivery.Target, delivery.State)),
            Is.EqualTo(new[] { (DeliveryTarget.Endpoint, DeliveryState.Delivered), (DeliveryTarget.Own, DeliveryState.Failed) }));
        Assert.That((await clocked.Webhooks.Find(account, default))!.Status, Is.EqualTo(WebhookStatus.Enabled));
    }
}
