using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>What the sweeper does with a delivery of the outbox.</summary>
public sealed class ResendDeliveryTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private ClockedDeliveries clocked = null!;
    private ResendDelivery resend = null!;
    private AccountId account;
    private Delivery delivery = null!;

    [SetUp]
    public async Task Write_a_delivery_whose_message_was_lost()
    {
        clocked = new ClockedDeliveries();
        resend = new ResendDelivery(clocked.Rows, clocked.Messages, clocked.Time);
        (account, _) = await clocked.Account("demo", "http://127.0.0.1:9/hook");
        delivery = (await clocked.Happen(account, 1)).Single();
    }

    [TearDown]
    public void Close() => clocked.Dispose();

    [Test]
    public async Task It_is_left_alone_until_its_message_must_be_lost()
    {
        clocked.Time.Move(Patience - TimeSpan.FromSeconds(1));
        Assert.That(await Look(isIdle: true), Is.False);
        clocked.Time.Move(TimeSpan.FromSeconds(1));

        Assert.That(await Look(isIdle: true), Is.True);
        Assert.That(await Look(isIdle: true), Is.False, "it has a message now");
        Assert.That(clocked.Queue.Sent, Has.Count.EqualTo(2));
        Assert.That(clocked.Queue.Sent[1].Matter, Is.EqualTo(clocked.Queue.Sent[0].Matter), "the very message that its row waits for");
    }

    [Test]
    public async Task One_that_is_looked_at_before_its_next_try_is_left_to_its_message_until_then()
    {
        await clocked.RunDue(() => 0);
        var pending = await Pending();
        var early = clocked.Time.GetUtcNow() - TimeSpan.FromHours(1);
        Assert.That(await clocked.Rows.TryChange(pending, pending with { Due = early }, default), Is.True);
        var before = clocked.Queue.Sent.Count;

        Assert.That(await Look(isIdle: true), Is.False);

        Assert.That(clocked.Queue.Sent, Has.Count.EqualTo(before));
        Assert.That((await Pending()).Due, Is.EqualTo(pending.NextAt));
    }

    [Test]
    public async Task In_a_backlog_it_is_looked_at_ever_less_often_and_sent_a_message_from_the_third_time_on()
    {
        var (looks, began) = (new List<(double Minutes, bool Sent)>(), clocked.Time.GetUtcNow());
        for (var second = 0; second < 16 * 60; second += 10)
        {
            clocked.Time.Move(TimeSpan.FromSeconds(10));
            var before = (await Pending()).Left;
            var isSent = await Look(isIdle: false);
            if ((await Pending()).Left > before) looks.Add(((clocked.Time.GetUtcNow() - began).TotalMinutes, isSent));
        }

        Assert.That(looks, Is.EqualTo(new[] { (1.0, false), (3.0, false), (6.0, true), (11.0, true) }));
    }

    [Test]
    public async Task What_was_left_to_a_backlog_waits_no_longer_for_its_message_than_others_when_the_backlog_is_gone()
    {
        clocked.Time.Move(Patience);
        Assert.That(await Look(isIdle: false), Is.False);

        Assert.That(await Look(isIdle: true), Is.False, "its message may be one of the last");
        clocked.Time.Move(Patience - TimeSpan.FromSeconds(1));
        Assert.That(await Look(isIdle: true), Is.False);
        clocked.Time.Move(TimeSpan.FromSeconds(1));
        Assert.That(await Look(isIdle: true), Is.True);
        Assert.That(await Look(isIdle: true), Is.False, "it waits for the message that was sent");
    }

    [Test]
    public async Task What_is_delivered_in_that_moment_stays_so()
    {
        var row = await Row();
        var done = delivery with { State = DeliveryState.Delivered, FinishedAt = clocked.Time.GetUtcNow(), Turn = 1 };
        Assert.That(await clocked.Rows.TryChange(Delivery.FromRow(row), done, default), Is.True);
        clocked.Time.Move(TimeSpan.FromHours(1));

        await resend.Look(row, true, Patience, default);

        Assert.That(await clocked.Pending(account), Is.Empty);
        Assert.That((await clocked.Done(account)).Single().State, Is.EqualTo(DeliveryState.Delivered));
    }

    [Test]
    public async Task One_that_waits_for_its_next_try_is_not_due()
    {
        await clocked.RunDue(() => 0);
        var pending = await Pending();
        Assert.That(pending.Tries, Is.EqualTo(1));

        Assert.That(pending.Due, Is.EqualTo(pending.NextAt));
        clocked.Time.Move(pending.NextAt - clocked.Time.GetUtcNow() + Patience);
        Assert.That(await Look(isIdle: true), Is.True);
    }

    private async Task<bool> Look(bool isIdle) => await resend.Look(await Row(), isIdle, Patience, default);

    private async Task<TableEntity> Row() => (await clocked.RowsOf(account, "out~")).Single();

    private async Task<Delivery> Pending() => Delivery.FromRow(await Row());
}
