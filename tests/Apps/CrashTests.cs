using System.Diagnostics;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Queues;

namespace Pipeline.Tests.Apps;

/// <summary>What a crash leaves behind is repaired without a human.</summary>
public sealed class CrashTests
{
    private App app = null!;
    private Account account = null!;

    [SetUp]
    public async Task Start()
    {
        app = await App.Start(null, App.ShortLease);
        account = await app.NewAccount(credits: 1000);
    }

    [TearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task A_job_that_was_running_when_the_app_was_killed_finishes_after_a_restart()
    {
        var id = await account.Submit(new { prompt = "A cat on a mat [[slow:2]]", num = 2 });
        await Account.Until(() => Task.FromResult(app.ImageApi.Stats.InFlight), calls => calls > 0);

        await app.Process.Kill();
        await app.Restart();
        var job = await SweepUntilFinished(id);

        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        Assert.That(job.GetProperty("attempts").GetInt32(), Is.EqualTo(2));
        Assert.That(await account.Credits(), Is.EqualTo((992L, 0L, 8L)));
        await account.BooksAreRight();
    }

    [Test]
    public async Task A_job_whose_worker_died_after_it_was_asked_to_cancel_is_ended_and_not_tried_again()
    {
        var id = await account.Submit(new { prompt = "A cat on a mat [[slow:2]]" });
        await Account.Until(() => Task.FromResult(app.ImageApi.Stats.InFlight), calls => calls > 0);
        var (status, _) = await account.Cancel(id);

        await app.Process.Kill();
        await app.Restart();
        var job = await SweepUntilFinished(id);

        Assert.That((status, CancelTests.Of(job)), Is.EqualTo((202, "canceled 0/0/4 of 0 images in 1 attempts")));
        Assert.That(app.ImageApi.Stats.Calls, Is.EqualTo(1));
        await account.BooksAreRight();
    }

    [Test]
    public async Task An_accepted_job_whose_message_was_never_sent_is_found_and_finishes()
    {
        // As after a crash between the hold and the message: the queue cannot take it.
        var queue = new QueueClient(app.Storage, "images-standard");
        await queue.DeleteAsync();
        var answer = await account.Post("v1/jobs", new { prompt = "A cat on a mat" });
        var entries = await account.GetJson("v1/credits/entries?kind=hold");
        var id = entries.GetProperty("data")[0].GetProperty("reference").GetString()!;
        await queue.CreateAsync();

        var job = await SweepUntilFinished(id);

        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"), answer.ToString());
        Assert.That(await account.Credits(), Is.EqualTo((996L, 0L, 4L)));
        await account.BooksAreRight();
    }

    [Test]
    public async Task A_row_that_is_damaged_keeps_the_sweeper_from_no_other()
    {
        var ledger = new TableServiceClient(app.Storage).GetTableClient("ledger");
        await ledger.AddEntityAsync(new TableEntity(account.Id, "open~job_0") { ["Due"] = DateTimeOffset.UnixEpoch });
        var queue = new QueueClient(app.Storage, "images-standard");
        await queue.DeleteAsync();
        await account.Post("v1/jobs", new { prompt = "A cat on a mat" });
        var entries = await account.GetJson("v1/credits/entries?kind=hold");
        await queue.CreateAsync();

        var job = await SweepUntilFinished(entries.GetProperty("data")[0].GetProperty("reference").GetString()!);

        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
    }

    [Test]
    public async Task A_message_that_nobody_can_read_harms_no_other()
    {
        var queue = new QueueClient(app.Storage, "images-standard");
        await queue.SendMessageAsync("not base64!");
        await queue.SendMessageAsync(Convert.ToBase64String("not json"u8));

        var job = await account.Run(new { prompt = "A cat on a mat" });

        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
    }

    [Test]
    public async Task Images_that_were_stored_before_the_crash_are_kept_and_not_asked_for_again()
    {
        // The first image is stored, the second one's download hangs until the app is killed.
        var prompt = "A cat on a mat [[fault:fewer:1]] [[slow:1]]";
        var id = await account.Submit(new { prompt, num = 3 });
        await Account.Until(() => account.Job(id), job => Stored(job) == 2);

        await app.Process.Kill();
        await app.Restart();
        var finished = await SweepUntilFinished(id);

        Assert.That(finished.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        Assert.That(Stored(finished), Is.EqualTo(3));
        Assert.That(app.ImageApi.Stats.Images, Is.LessThanOrEqualTo(4), "two, and the missing one at most twice");
        await account.BooksAreRight();
    }

    [Test]
    public async Task Terminated_it_ends_the_attempt_that_can_still_end_for_its_call_is_paid_for()
    {
        var id = await account.Submit(new { prompt = "A cat on a mat [[slow:2]]" });
        await Account.Until(() => Task.FromResult(app.ImageApi.Stats.InFlight), calls => calls > 0);

        var code = await app.Process.Stop();
        await app.Restart();

        Assert.That((code, CancelTests.Of(await account.Job(id))), Is.EqualTo((0, "succeeded 0/4/0 of 1 images in 1 attempts")));
        Assert.That(app.ImageApi.Stats.Calls, Is.EqualTo(1));
    }

    [Test]
    public async Task Terminated_it_stops_in_time_and_loses_nothing()
    {
        // Only the call that it stops in lasts longer than it has.
        var id = await account.Submit(new { prompt = "A cat on a mat [[fault:hang:1]]" });
        await Account.Until(() => Task.FromResult(app.ImageApi.Stats.InFlight), calls => calls > 0);

        var stopping = Stopwatch.StartNew();
        var code = await app.Process.Stop();
        Assert.That(stopping.Elapsed, Is.LessThan(TimeSpan.FromSeconds(11)), "Before its host would end it.");
        await app.Restart();
        var job = await SweepUntilFinished(id);

        Assert.That(code, Is.Zero);
        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        await account.BooksAreRight();
    }

    private static int Stored(JsonElement job) =>
        job.GetProperty("images").EnumerateArray().Count(image => image.GetProperty("status").GetString() == "stored");

    /// <summary>As the timer would, every minute.</summary>
    private Task<JsonElement> SweepUntilFinished(string id) => Account.Until(
        async () =>
        {
            await app.Sweep();
            return await account.Job(id);
        },
        job => job.GetProperty("finished_at").ValueKind != JsonValueKind.Null);
}
