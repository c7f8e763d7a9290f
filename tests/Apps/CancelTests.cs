using System.Text.Json;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Apps;

/// <summary>A job that its caller does not want any more: what comes is kept and paid, the rest is given back.</summary>
public sealed class CancelTests
{
    private App app = null!;
    private Account account = null!;

    [SetUp]
    public async Task Start()
    {
        // So long between two attempts that a test can act there, and no sweeper that does what the worker should have done.
        app = await App.Start(null, ("Jobs__RetryDelay", "00:01:00"), ("Jobs__ResendAfter", "01:00:00"));
        account = await app.NewAccount(credits: 1000);
    }

    [TearDown]
    public async Task The_books_are_right()
    {
        await account.BooksAreRight();
        await app.DisposeAsync();
    }

    [Test]
    public async Task A_queued_job_is_canceled_at_once_and_stays_so_when_its_message_comes()
    {
        var id = await account.HoldWithoutMessage(new JobRequest { Prompt = "A cat on a mat", Model = Catalogue.Load().Default, Num = 2 });

        var (status, canceled) = await account.Cancel(id);
        await account.SendMessage(id);
        await account.Run(new { prompt = "A job behind it" });

        Assert.That((status, Of(canceled)), Is.EqualTo((200, "canceled 0/0/8 of 0 images in 0 attempts")));
        Assert.That(canceled.GetProperty("cancel_requested").GetBoolean(), Is.True);
        Assert.That((await account.Job(id)).GetRawText(), Is.EqualTo(canceled.GetRawText()));
        Assert.That(app.ImageApi.CallsOf("A cat on a mat"), Is.Zero);
        Assert.That(await account.Entries(id), Is.EqualTo(new[] { ("hold", 8L), ("release", 8L) }));
    }

    [Test]
    public async Task An_image_that_is_still_to_come_is_told_when_to_ask_again()
    {
        var id = await account.HoldWithoutMessage(new JobRequest { Prompt = "A cat on a mat", Model = Catalogue.Load().Default, Num = 2 });

        var early = await account.Get($"v1/jobs/{id}/images/1");
        await SubmitTests.IsProblem(early, 409, "request_in_progress");
        Assert.That(early.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(2)));
        await SubmitTests.IsProblem(await account.Get($"v1/jobs/{id}/images/2"), 404, "not_found");
        await account.Cancel(id);
        await SubmitTests.IsProblem(await account.Get($"v1/jobs/{id}/images/1"), 404, "not_found");
    }

    [TestCase("", "succeeded 0/8/0 of 2 images in 1 attempts")]
    [TestCase("[[fault:fewer]]", "canceled 0/4/4 of 1 images in 1 attempts")]
    [TestCase("[[fault:503]]", "canceled 0/0/8 of 0 images in 1 attempts")]
    [TestCase("[[fault:safety]]", "canceled 0/0/8 of 0 images in 1 attempts")]
    public async Task The_worker_of_a_running_job_keeps_what_still_comes_and_never_tries_again(string fault, string outcome)
    {
        var id = await account.Submit(new { prompt = $"A cat on a mat [[slow:1]] {fault}", num = 2 });
        await Account.Until(() => Task.FromResult(app.ImageApi.Stats.InFlight), calls => calls > 0);

        var (status, running) = await account.Cancel(id);
        var (again, _) = await account.Cancel(id);
        var job = await account.Finished(id);

        Assert.That((status, again, running.GetProperty("status").GetString()), Is.EqualTo((202, 202, "running")));
        Assert.That(running.GetProperty("cancel_requested").GetBoolean(), Is.True);
        Assert.That(Of(job), Is.EqualTo(outcome));
        Assert.That(job.GetProperty("error").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task A_job_between_two_attempts_is_canceled_at_once_and_what_is_stored_is_paid()
    {
        var id = await account.Submit(new { prompt = "A cat on a mat [[fault:fewer]]", num = 2 });
        await Account.Until(() => account.Job(id), job => Of(job) == "running 8/0/0 of 1 images in 1 attempts");

        var (status, canceled) = await account.Cancel(id);

        Assert.That((status, Of(canceled)), Is.EqualTo((200, "canceled 0/4/4 of 1 images in 1 attempts")));
        Assert.That(await account.Entries(id), Is.EqualTo(new[] { ("hold", 8L), ("capture", 4L), ("release", 4L) }));
    }

    [Test]
    public async Task A_job_that_is_done_cannot_be_canceled()
    {
        var job = await account.Run(new { prompt = "A cat on a mat" });
        var id = job.GetProperty("id").GetString()!;

        await SubmitTests.IsProblem(await account.Post($"v1/jobs/{id}/cancel", new { }), 409, "job_already_finished");

        Assert.That(Of(await account.Job(id)), Is.EqualTo(Of(job)));
    }

    [Test]
    public async Task A_job_of_another_account_is_not_there()
    {
        var id = await account.HoldWithoutMessage(new JobRequest { Prompt = "A cat on a mat", Model = Catalogue.Load().Default });
        var other = await app.NewAccount(credits: 1);

        await SubmitTests.IsProblem(await other.Post($"v1/jobs/{id}/cancel", new { }), 404, "not_found");

        Assert.That(Of(await account.Job(id)), Does.StartWith("queued"));
    }

    /// <summary>Status, credits held/captured/released, stored images, attempts.</summary>
    internal static string Of(JsonElement job)
    {
        var credits = job.GetProperty("credits");
        var stored = job.GetProperty("images").EnumerateArray().Count(image => image.GetProperty("status").GetString() == "stored");
        return $"{job.GetProperty("status").GetString()} {credits.GetProperty("held")}/{credits.GetProperty("captured")}/"
            + $"{credits.GetProperty("released")} of {stored} images in {job.GetProperty("attempts")} attempts";
    }
}
