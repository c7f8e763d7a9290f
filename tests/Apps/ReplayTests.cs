using Azure.Data.Tables;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Pipeline.Accounts;
using Pipeline.Jobs;
using Pipeline.Operator;

namespace Pipeline.Tests.Apps;

/// <summary>Messages that failed at every delivery are sent again where that helps, and cleared away where it does not.</summary>
public sealed class ReplayTests : PoisonAppTests
{
    [Test]
    public async Task What_is_done_gone_or_unreadable_is_listed_with_its_reason_and_only_replayed_where_that_helps()
    {
        var done = (await app.Account.Run(new { prompt = "A cat on a mat" })).GetProperty("id").GetString()!;
        var gone = JobId.New(DateTimeOffset.UtcNow).Value;
        foreach (var body in (string[])[app.MessageOf(done), app.MessageOf(gone), "not base64!"]) await app.Poison.SendMessageAsync(body);
        await app.App.Sweep();

        Assert.That(await app.Listed(3), Is.EquivalentTo(
            new[] { $"{app.Account.Id} {done} job_done", $"{app.Account.Id} {gone} no_job", "  unreadable not base64!" }));

        Assert.That(await app.Replay(), Is.EqualTo("sent 0, cleared 2, kept 1, remaining 0"));
        Assert.That(await app.Replay(), Is.EqualTo("sent 0, cleared 0, kept 1, remaining 0"));
        Assert.That(await app.Replay("?unreadable=true"), Is.EqualTo("sent 1, cleared 0, kept 0, remaining 0"));
        // As it came: the host cannot decode it either, so it comes back by itself.
        Assert.That(await app.Listed(1), Is.EqualTo(new[] { "  unreadable not base64!" }));
        Assert.That((await app.Account.Credits()).Spent, Is.EqualTo(4), "a job that is done is not worked on again");
    }

    [Test]
    public async Task Of_what_cannot_be_read_only_a_whole_body_is_sent_back()
    {
        await app.Poison.SendMessageAsync(new string('x', PoisonMessage.BodyLengthMax + 1));
        await app.Listed(1);

        Assert.That(await app.Replay("?unreadable=true"), Is.EqualTo("sent 0, cleared 0, kept 1, remaining 0"));
    }

    [Test]
    public async Task A_replay_that_cannot_send_leaves_the_message_to_the_next()
    {
        var id = await app.Open();
        await app.Kept.AddEntityAsync(NewRow(PoisonReason.JobDamaged, id, DateTimeOffset.UtcNow));
        var lane = new QueueClient(app.App.Storage, PoisonApp.Lane);
        await lane.DeleteAsync();

        var refused = await app.App.Operator(HttpMethod.Post, $"v1/operator/poison/{PoisonApp.Lane}/replay");
        await lane.CreateAsync();

        Assert.That((int)refused.StatusCode, Is.GreaterThanOrEqualTo(500));
        Assert.That(await app.Replay(), Is.EqualTo("sent 1, cleared 0, kept 0, remaining 0"));
        Assert.That(CancelTests.Of(await app.Account.Finished(id)), Is.EqualTo("succeeded 0/8/0 of 2 images in 1 attempts"));
    }

    [Test]
    public async Task A_job_whose_row_is_damaged_cannot_be_ended_and_is_worked_on_once_it_is_mended_and_replayed()
    {
        var id = await app.Open();
        await app.Change(id, ("ImageSize", 7));
        await app.Account.SendMessage(id);
        await new QueueClient(app.App.Storage, PoisonApp.Lane).SendMessageAsync(Convert.ToBase64String("not json"u8));

        // The host itself moves both, after it has tried five times.
        var listed = await app.Listed(2);

        Assert.That(listed, Does.Contain($"{app.Account.Id} {id} job_damaged"));
        Assert.That(listed, Does.Contain("  unreadable " + Convert.ToBase64String("not json"u8)));
        Assert.That(await app.InPoisonQueue(), Is.Zero);
        Assert.That((await app.Account.Credits()).Held, Is.EqualTo(8), "what cannot be read cannot be released");
        Assert.That(await app.Replay(), Is.EqualTo("sent 0, cleared 0, kept 2, remaining 0"), "it is damaged still");

        await app.Change(id, ("ImageSize", "1:1"));
        Assert.That(await app.Replay(), Is.EqualTo("sent 1, cleared 0, kept 1, remaining 0"));
        Assert.That(CancelTests.Of(await app.Account.Finished(id)), Is.EqualTo("succeeded 0/8/0 of 2 images in 1 attempts"));
    }

    [Test]
    public async Task A_replay_does_so_much_at_once_says_what_remains_and_is_not_stuck_at_what_it_keeps()
    {
        var now = DateTimeOffset.UtcNow;
        foreach (var batch in Enumerable.Range(0, ReplayPoison.MessagesMax + 3).Chunk(100))
            await app.Kept.SubmitTransactionAsync(batch.Select(n => Row(PoisonReason.NoJob, now.AddSeconds(-n))));
        await app.Kept.SubmitTransactionAsync(Enumerable.Range(1, 5).Select(n => Row(PoisonReason.Unreadable, now.AddSeconds(n))));

        Assert.That(await app.Replay(), Is.EqualTo($"sent 0, cleared {ReplayPoison.MessagesMax}, kept 5, remaining 3"));
        Assert.That(await app.Replay(), Is.EqualTo("sent 0, cleared 3, kept 5, remaining 0"));

        TableTransactionAction Row(PoisonReason reason, DateTimeOffset failedAt) =>
            new(TableTransactionActionType.Add, NewRow(reason, JobId.New(failedAt).Value, failedAt));
    }

    [Test]
    public async Task A_queue_that_is_none_is_refused_with_the_names_of_those_that_are()
    {
        var listed = await app.App.Operator(HttpMethod.Get, "v1/operator/poison?queue=images");
        var replayed = await app.App.Operator(HttpMethod.Post, "v1/operator/poison/images-standard-poison/replay");

        await SubmitTests.IsProblem(listed, 400, "invalid_request", "?queue");
        await SubmitTests.IsProblem(replayed, 404, "not_found");
        foreach (var answer in (HttpResponseMessage[])[listed, replayed])
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("images-standard, images-large"));
    }
    private TableEntity NewRow(PoisonReason reason, string job, DateTimeOffset failedAt)
    {
        var message = QueuesModelFactory.QueueMessage(Guid.NewGuid().ToString(), "", "x", 1, null, failedAt);
        var target = new PoisonTarget(AccountId.Parse(app.Account.Id), JobId.Parse(job), null);
        return PoisonMessage.Of(PoisonApp.Lane, message, target, reason, "x", failedAt).ToRow();
    }
}
