using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Pipeline.Accounts;
using Pipeline.Jobs;
using Pipeline.Operator;

namespace Pipeline.Tests.Apps;

/// <summary>Messages that failed at every delivery: their jobs end, and the operator sees them.</summary>
public sealed class PoisonTests : PoisonAppTests
{
    [Test]
    public async Task The_job_of_a_poison_message_fails_its_credits_are_released_and_the_operator_sees_it_once()
    {
        var id = await app.Open();
        await app.Poison.SendMessageAsync(app.MessageOf(id));

        await app.App.Sweep();

        var job = await app.Account.Finished(id);
        Assert.That(CancelTests.Of(job), Is.EqualTo("failed 0/0/8 of 0 images in 0 attempts"));
        Assert.That(job.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("upstream_unavailable"));
        Assert.That(await app.Account.Entries(id), Is.EqualTo(new[] { ("hold", 8L), ("release", 8L) }));
        var first = await app.Listed(1);
        await app.App.Sweep();
        Assert.That(await app.Listed(1), Is.EqualTo(first));
        Assert.That(first.Single(), Is.EqualTo($"{app.Account.Id} {id} job_ended"));
        Assert.That(await app.InPoisonQueue(), Is.Zero);
        Assert.That(app.App.ImageApi.Stats.Calls, Is.Zero);
    }

    [Test]
    public async Task Images_that_are_stored_are_kept_and_paid()
    {
        var id = await app.Account.Submit(new { prompt = "A cat on a mat [[fault:fewer]]", num = 2 });
        await Account.Until(() => app.Account.Job(id), job => CancelTests.Of(job) == "running 8/0/0 of 1 images in 1 attempts");
        // It waits for its next attempt on purpose, which is not the message's fault; now that is over.
        await app.Change(id, ("LeaseUntil", DateTimeOffset.UtcNow.AddSeconds(-1)));
        await app.Poison.SendMessageAsync(app.MessageOf(id));

        await app.App.Sweep();

        Assert.That(CancelTests.Of(await app.Account.Finished(id)), Is.EqualTo("partially_succeeded 0/4/4 of 1 images in 1 attempts"));
        Assert.That(await app.Account.Entries(id), Is.EqualTo(new[] { ("hold", 8L), ("capture", 4L), ("release", 4L) }));
    }

    [Test]
    public async Task A_job_that_a_worker_is_at_is_left_alone_until_its_claim_lapses()
    {
        var id = await app.Open();
        await app.Change(id, ("Status", "Running"), ("Attempts", 1), ("Claim", "x"), ("LeaseUntil", DateTimeOffset.UtcNow.AddHours(1)));
        await app.Poison.SendMessageAsync(app.MessageOf(id));

        await app.App.Sweep();
        Assert.That(CancelTests.Of(await app.Account.Job(id)), Is.EqualTo("running 8/0/0 of 0 images in 1 attempts"));
        Assert.That(await app.InPoisonQueue(), Is.EqualTo(1));
        await app.Listed(0);

        await app.Change(id, ("LeaseUntil", DateTimeOffset.UtcNow.AddSeconds(-1)));
        await app.Listed(1);
        var job = await app.Account.Finished(id);
        Assert.That(CancelTests.Of(job), Is.EqualTo("failed 0/0/8 of 0 images in 1 attempts"));
        Assert.That(job.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("outcome_unknown"));
        Assert.That(await app.InPoisonQueue(), Is.Zero, "the message that was left is the one that was taken");
    }

    [TestCase("CancelRequested", "canceled 0/0/8 of 0 images in 0 attempts")]
    [TestCase("StartBefore", "expired 0/0/8 of 0 images in 0 attempts")]
    public async Task A_job_that_would_have_ended_otherwise_does_so(string column, string outcome)
    {
        var id = await app.Open();
        await app.Change(id, (column, column == "StartBefore" ? DateTimeOffset.UtcNow.AddSeconds(-1) : true));
        await app.Poison.SendMessageAsync(app.MessageOf(id));

        await app.App.Sweep();

        Assert.That(CancelTests.Of(await app.Account.Finished(id)), Is.EqualTo(outcome));
    }

    [Test]
    public async Task After_a_crash_between_two_steps_the_next_sweep_goes_on_and_lists_it_once()
    {
        var id = await app.Open();
        await app.Poison.SendMessageAsync(app.MessageOf(id));
        var found = (await app.Poison.PeekMessageAsync()).Value;
        var message = QueuesModelFactory.QueueMessage(found.MessageId, "", found.Body, 1, null, found.InsertedOn);
        // The row is there, the message is, too.
        var first = PoisonMessage.Of(
            PoisonApp.Lane, message, new PoisonTarget(AccountId.Parse(app.Account.Id), JobId.Parse(id), null), PoisonReason.NoJob,
            "as first seen", DateTimeOffset.UtcNow);
        await app.Kept.AddEntityAsync(first.ToRow());

        await app.App.Sweep();

        Assert.That((await app.Listed(1)).Single(), Does.EndWith("no_job"));
        Assert.That(await app.InPoisonQueue(), Is.Zero);
    }

    [Test]
    public async Task The_list_goes_page_by_page_and_can_be_of_one_queue()
    {
        var large = new QueueClient(app.App.Storage, "images-large-poison");
        foreach (var (queue, body) in ((QueueClient, string)[])[(large, "one"), (app.Poison, "two"), (app.Poison, "three")])
        {
            await queue.SendMessageAsync(body);
            // So long is a second in the service's times.
            await Task.Delay(1_000);
        }

        await app.App.Sweep();
        Assert.That(await app.Listed(3), Is.EqualTo(new[] { "  unreadable one", "  unreadable three", "  unreadable two" }));
        Assert.That(await app.Listed(2, "queue=images-standard&limit=1"), Is.EqualTo(new[] { "  unreadable three", "  unreadable two" }));
        Assert.That(await app.Listed(1, "queue=images-large&limit=1"), Is.EqualTo(new[] { "  unreadable one" }));
    }
}
