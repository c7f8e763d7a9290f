using Local.FunctionsWorker;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class QueueTests
{
    /// <summary>The shortest lease that storage knows is whole seconds; renewed well before its end.</summary>
    private static readonly HostTimes ShortLease =
        new() { QueueLease = TimeSpan.FromSeconds(2), QueueLeaseRenewal = TimeSpan.FromMilliseconds(400) };

    [Test]
    public async Task A_message_that_was_worked_on_is_deleted()
    {
        var queues = await QueueApp.Create();
        var seen = new Seen<string>();
        await using var app = await queues.Start(delivery => Reports(seen, delivery));

        await queues.Images.SendMessageAsync("hello");

        Assert.That(await seen.Next(), Is.EqualTo("hello"));
        await queues.IsEmpty();
    }

    [Test]
    public async Task After_five_tries_a_message_goes_to_the_poison_queue_as_it_came()
    {
        var queues = await QueueApp.Create();
        var tries = new Seen<long>();
        await using var app = await queues.Start(delivery =>
        {
            tries.Add(delivery.Try);
            throw new InvalidOperationException("no luck");
        });

        await queues.Images.SendMessageAsync("unlucky");

        Assert.That(await queues.PoisonBody(), Is.EqualTo(Convert.ToBase64String("unlucky"u8)));
        await queues.IsEmpty();
        Assert.That(tries.Count, Is.EqualTo(5));
    }

    [Test]
    public async Task The_text_of_a_message_survives_a_failed_try()
    {
        var queues = await QueueApp.Create();
        var seen = new Seen<string>();
        await using var app = await queues.Start(delivery =>
            delivery.Try == 1 ? throw new InvalidOperationException("once") : Reports(seen, delivery));

        await queues.Images.SendMessageAsync("again");

        Assert.That(await seen.Next(), Is.EqualTo("again"));
    }

    [Test]
    public async Task A_message_rests_after_a_failed_try_as_long_as_host_json_says()
    {
        var queues = await QueueApp.Create();
        var times = new Seen<long>();
        await using var app = await queues.Start(
            delivery =>
            {
                times.Add(TimeProvider.System.GetTimestamp());
                return delivery.Try == 1 ? throw new InvalidOperationException("once") : Task.CompletedTask;
            },
            """, "visibilityTimeout": "00:00:02" """);

        await queues.Images.SendMessageAsync("later");

        var first = await times.Next();
        Assert.That(TimeProvider.System.GetElapsedTime(first, await times.Next()), Is.GreaterThan(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public async Task What_is_not_base64_goes_to_the_poison_queue_without_a_call()
    {
        var queues = await QueueApp.Create();
        var seen = new Seen<string>();
        await queues.Raw("images").SendMessageAsync("not base64!");
        await using var app = await queues.Start(delivery => Reports(seen, delivery));

        Assert.That(await queues.PoisonBody(), Is.EqualTo("not base64!"));
        await queues.IsEmpty();
        Assert.That(seen.Count, Is.Zero);
    }

    [Test]
    public async Task Plain_text_is_read_where_host_json_says_none()
    {
        var queues = await QueueApp.Create();
        var seen = new Seen<string>();
        await using var app = await queues.Start(delivery => Reports(seen, delivery), """, "messageEncoding": "none" """);

        await queues.Raw("images").SendMessageAsync("not base64!");

        Assert.That(await seen.Next(), Is.EqualTo("not base64!"));
    }

    [Test]
    public async Task A_message_whose_last_try_took_the_process_down_is_not_tried_again()
    {
        var queues = await QueueApp.Create();
        var seen = new Seen<string>();
        await queues.Images.SendMessageAsync("deadly");
        await queues.Images.ReceiveMessageAsync(TimeSpan.FromSeconds(1));
        var lease = TimeSpan.FromSeconds(1);
        await Eventually.True(async () => (await queues.Images.ReceiveMessageAsync(lease)).Value is not null, "the lease ended");
        await using var app = await queues.Start(delivery => Reports(seen, delivery), """, "maxDequeueCount": 1 """);

        Assert.That(await queues.PoisonBody(), Is.EqualTo(Convert.ToBase64String("deadly"u8)));
        Assert.That(seen.Count, Is.Zero);
    }

    [Test]
    public async Task A_message_in_work_longer_than_its_lease_stays_hidden()
    {
        var queues = await QueueApp.Create();
        var tries = new Seen<long>();
        var finish = new TaskCompletionSource();
        await using var app = await queues.Start(
            async delivery =>
            {
                tries.Add(delivery.Try);
                await finish.Task;
            },
            times: ShortLease);

        await queues.Images.SendMessageAsync("long");
        await tries.Next();
        await Task.Delay(ShortLease.QueueLease * 2);
        finish.SetResult();

        await queues.IsEmpty();
        Assert.That(tries.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task No_more_than_a_batch_and_the_threshold_are_in_work_at_once()
    {
        var queues = await QueueApp.Create();
        var gate = new SemaphoreSlim(0);
        int inWork = 0, most = 0, done = 0;
        for (var i = 0; i < 12; i++) await queues.Images.SendMessageAsync($"{i}");
        await using var app = await queues.Start(
            async _ =>
            {
                InterlockedMax(ref most, Interlocked.Increment(ref inWork));
                await gate.WaitAsync();
                Interlocked.Decrement(ref inWork);
                Interlocked.Increment(ref done);
            },
            """, "batchSize": 2, "newBatchThreshold": 1 """);

        await Eventually.True(() => Task.FromResult(Volatile.Read(ref inWork) >= 2), "the first batch is in work");
        for (var i = 0; i < 12; i++)
        {
            gate.Release();
            var enough = i + 1;
            await Eventually.True(() => Task.FromResult(Volatile.Read(ref done) >= enough), $"{enough} are done");
        }

        await queues.IsEmpty();
        Assert.That(most, Is.EqualTo(3), "a batch of 2 comes as soon as only 1 is left");
    }

    [Test]
    public async Task A_queue_that_is_made_later_is_listened_to()
    {
        var queues = await QueueApp.Create();
        await queues.Images.DeleteAsync();
        var seen = new Seen<string>();
        await using var app = await queues.Start(delivery => Reports(seen, delivery));

        await queues.Images.CreateIfNotExistsAsync();
        await queues.Images.SendMessageAsync("hello");

        Assert.That(await seen.Next(), Is.EqualTo("hello"));
    }

    private static Task Reports(Seen<string> seen, QueueApp.Delivery delivery)
    {
        seen.Add(delivery.Text);
        return Task.CompletedTask;
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var old = Volatile.Read(ref most); value > old; old = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, old);
    }
}
