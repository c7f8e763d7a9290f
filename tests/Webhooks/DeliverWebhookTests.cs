using Azure;
using Pipeline.Events;
using Pipeline.Storage;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>One delivery, message by message, on a hand-moved clock.</summary>
public sealed class DeliverWebhookTests : OneEndpointTests
{
    [Test]
    public async Task Copies_of_its_message_come_to_nothing_once_it_was_followed()
    {
        Fails();
        var message = MessageOf(await Happen());
        await clocked.Run(message);

        await clocked.Run(message);
        await clocked.Run(message with { Turn = 7 });
        clocked.Time.Move(TimeSpan.FromHours(1));
        await clocked.Run(message);

        Assert.That(receiver.Received, Has.Count.EqualTo(1));
        Assert.That((await clocked.Pending(account)).Single().Attempts, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_message_that_comes_before_its_time_waits_for_the_rest_of_it()
    {
        Fails();
        var first = MessageOf(await Happen());
        await clocked.Run(first);
        clocked.Time.Move(TimeSpan.FromSeconds(1));

        await clocked.Run(first with { Turn = 1, Deferred = 3 });

        Assert.That(receiver.Received, Has.Count.EqualTo(1));
        var pending = (await clocked.Pending(account)).Single();
        var sent = clocked.Queue.Sent[^1];
        Assert.That(sent.VisibleAt, Is.GreaterThanOrEqualTo(pending.NextAt).And.LessThan(pending.NextAt.AddSeconds(1)));
        Assert.That(sent.Matter, Is.EqualTo(first with { Turn = 1 }));
    }

    /// <summary>Both call, as each may be the only one: what both found out is written once.</summary>
    [Test]
    public async Task Of_two_workers_that_have_the_same_message_one_writes_what_came_of_it()
    {
        var go = new TaskCompletionSource();
        answer = async http =>
        {
            await go.Task;
            http.Response.StatusCode = 500;
        };
        var message = MessageOf(await Happen());
        var both = Task.WhenAll(clocked.Run(message), clocked.Run(message));
        await Hold(calls: 2);
        go.SetResult();
        await both;

        var pending = (await clocked.Pending(account)).Single();
        Assert.That((pending.Tries, pending.Turn, pending.Attempts.Count), Is.EqualTo((1, 1, 1)));
        Assert.That(clocked.Queue.Sent, Has.Count.EqualTo(2), "the first message, and one for the next try");
    }

    [Test]
    public async Task That_the_sweeper_put_its_look_off_in_the_meantime_is_no_conflict()
    {
        var delivery = await Happen();
        var later = delivery with { Due = clocked.Time.GetUtcNow().AddHours(1), ETag = ETag.All };
        answer = async _ => await clocked.Rows.TryChange(later, later, default);

        await clocked.Run(MessageOf(delivery));

        Assert.That(await clocked.Pending(account), Is.Empty);
        Assert.That((await clocked.Done(account)).Single().State, Is.EqualTo(DeliveryState.Delivered));
    }

    [Test]
    public async Task More_than_an_endpoint_may_have_at_once_stand_back_without_a_try_and_others_do_not_wait()
    {
        answer = Receiver.Hang;
        var deliveries = await clocked.Happen(account, 5);
        await using var other = await Receiver.Start();
        var (healthy, _) = await clocked.Account("healthy", other.Url("hook"));
        var told = (await clocked.Happen(healthy, 1)).Single();
        var hanging = Task.WhenAll(deliveries.Take(2).Select(delivery => clocked.Run(MessageOf(delivery))));
        await Hold(calls: 2);
        var before = clocked.Queue.Sent.Count;

        foreach (var delivery in deliveries.Skip(2)) await clocked.Run(MessageOf(delivery));
        await clocked.Run(MessageOf(told));

        Assert.That(receiver.Calls, Is.EqualTo(2));
        Assert.That(other.Received, Has.Count.EqualTo(1));
        var back = clocked.Queue.Sent.Skip(before).ToList();
        Assert.That(back, Has.Count.EqualTo(3));
        foreach (var (sent, delivery) in back.Zip(deliveries.Skip(2)))
        {
            Assert.That(sent.Matter, Is.EqualTo(MessageOf(delivery) with { Deferred = 1 }));
            Assert.That(sent.Delay, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(1)).And.LessThanOrEqualTo(TimeSpan.FromSeconds(3)));
            var row = (await clocked.Pending(account)).Single(pending => pending.Id == delivery.Id);
            Assert.That((row.Tries, row.Attempts.Count), Is.EqualTo((0, 0)));
            Assert.That(row.Due, Is.EqualTo(sent.VisibleAt).Within(TimeSpan.FromSeconds(1)), "so that the sweeper sends no copy");
        }

        clocked.Time.Move(CallEndpoint.Limit);
        await hanging;
        answer = _ => Task.CompletedTask;
        await clocked.Run(MessageOf(deliveries[2]) with { Deferred = 1 });
        Assert.That(receiver.Received, Has.Count.EqualTo(3), "there is room again");
    }

    [Test]
    public async Task An_old_copy_that_finds_no_room_neither_stands_back_nor_moves_the_sweepers_look()
    {
        Fails();
        var old = MessageOf(await Happen());
        await clocked.Run(old);
        var waiting = (await clocked.Pending(account)).Single();
        answer = Receiver.Hang;
        var deliveries = await clocked.Happen(account, 2);
        var hanging = Task.WhenAll(deliveries.Select(delivery => clocked.Run(MessageOf(delivery))));
        await Hold(calls: 2);
        var before = clocked.Queue.Sent.Count;

        await clocked.Run(old);

        Assert.That(clocked.Queue.Sent, Has.Count.EqualTo(before));
        Assert.That((await clocked.Pending(account)).Single(row => row.Id == waiting.Id).Due, Is.EqualTo(waiting.NextAt));
        clocked.Time.Move(CallEndpoint.Limit);
        await hanging;
    }

    [Test]
    public async Task What_stood_back_and_is_done_meanwhile_sends_no_message_any_more()
    {
        answer = Receiver.Hang;
        var deliveries = await clocked.Happen(account, 3);
        var hanging = Task.WhenAll(deliveries.Take(2).Select(delivery => clocked.Run(MessageOf(delivery))));
        await Hold(calls: 2);
        var failed = deliveries[2] with { State = DeliveryState.Failed, FinishedAt = clocked.Time.GetUtcNow() };
        await clocked.Rows.TryChange(deliveries[2] with { ETag = ETag.All }, failed, default);
        var before = clocked.Queue.Sent.Count;

        await clocked.Run(MessageOf(deliveries[2]));

        Assert.That(clocked.Queue.Sent, Has.Count.EqualTo(before));
        clocked.Time.Move(CallEndpoint.Limit);
        await hanging;
    }

    [Test]
    public async Task Of_an_answer_64_KB_are_read_and_what_follows_is_of_no_matter()
    {
        answer = async http =>
        {
            // Never ends by itself.
            var kilobyte = new byte[1024];
            try
            {
                while (!http.RequestAborted.IsCancellationRequested) await http.Response.Body.WriteAsync(kilobyte, http.RequestAborted);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The caller has hung up.
            }
        };

        await clocked.Run(MessageOf(await Happen()));

        Assert.That((await clocked.Done(account)).Single().State, Is.EqualTo(DeliveryState.Delivered));
    }

    [Test]
    public async Task An_event_that_is_not_kept_any_more_is_not_delivered()
    {
        var delivery = await Happen();
        await clocked.Tables.GetTableClient(StorageNames.LedgerTable).DeleteEntityAsync(account.Value, LedgerKeys.Event(1));

        await clocked.Run(MessageOf(delivery));

        var done = (await clocked.Done(account)).Single();
        Assert.That(done.Attempts.Single().Detail, Is.EqualTo("Not called: the event is not kept any more."));
    }

    [Test]
    public void A_message_that_names_no_delivery_is_poison() => Assert.That(
        async () => await clocked.Run(new DeliveryMessage("demo", "dlv_1", "demo", 0)), Throws.TypeOf<FormatException>());
}
