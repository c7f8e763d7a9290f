using System.Text.Json;
using Pipeline.Jobs;

namespace Pipeline.Tests.Apps;

/// <summary>Attempts as the caller sees them, and waiting for the image API, which costs none.</summary>
public sealed class AttemptTests
{
    private App app = null!;
    private Account account = null!;

    [SetUp]
    public async Task Start()
    {
        // Long enough for a test to see a job wait, also where other tests are busy.
        app = await App.Start(null, ("ImageApi__BreakDuration", "00:00:05"), App.ShortLease);
        account = await app.NewAccount(credits: 1000);
    }

    [TearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task Each_attempt_is_told_with_its_outcome_and_what_it_stored()
    {
        var job = await account.Run(new { prompt = "Three cats [[fault:503:1]] [[fault:fewer:2]] [[fault:url-404:3]]", num = 3 });

        Assert.That(
            History(job), Is.EqualTo(new[] { "1 unavailable 0", "2 invalid_output 0", "3 invalid_output 0", "4 delivered 3" })
                .Or.EqualTo(new[] { "1 unavailable 0", "2 delivered_in_part 2", "3 invalid_output 0", "4 delivered 1" }));
        Assert.That(Texts(job, "status"), Is.EqualTo("succeeded"));
    }

    [Test]
    public async Task An_attempt_whose_worker_died_is_told_as_unreported()
    {
        var id = await account.Submit(new { prompt = "A cat on a mat [[slow:2]]" });
        await Account.Until(() => Task.FromResult(app.ImageApi.Stats.InFlight), calls => calls > 0);
        await app.Process.Kill();
        await app.Restart();

        var job = await Account.Until(
            async () =>
            {
                await app.Sweep();
                return await account.Job(id);
            },
            found => found.GetProperty("finished_at").ValueKind != JsonValueKind.Null);

        Assert.That(History(job), Is.EqualTo(new[] { "1 unreported 0", "2 delivered 1" }));
    }

    [Test]
    public async Task What_the_image_API_said_at_an_attempt_is_gone_with_the_deleted_job()
    {
        var id = (await account.Run(new { prompt = "A secret [[fault:safety]]" })).GetProperty("id").GetString()!;
        Assert.That((await account.Job(id)).GetProperty("history")[0].GetProperty("detail").GetString(), Is.Not.Null);

        await account.Delete($"v1/jobs/{id}");

        Assert.That((await account.Job(id)).GetProperty("history")[0].GetProperty("detail").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [Test]
    public async Task While_our_key_is_refused_jobs_wait_without_an_attempt_and_go_on_when_it_is_accepted()
    {
        await RefuseTheKey();

        var id = await account.Submit(new { prompt = "A cat that waits" });
        var waits = await account.Job(id);
        var calls = app.ImageApi.CallsOf("A cat that waits");
        app.ImageApi.SetFault("401", 0);
        var job = await account.Finished(id);

        Assert.That((Texts(waits, "status", "attempts"), calls), Is.EqualTo(("queued 0", 0)));
        Assert.That(Texts(job, "status", "attempts"), Is.EqualTo("succeeded 1"));
        Assert.That(History(job), Is.EqualTo(new[] { "1 delivered 1" }));
        await account.BooksAreRight();
    }

    [Test]
    public async Task A_job_that_waits_expires_at_its_time()
    {
        await RefuseTheKey();

        var id = await account.Submit(new { prompt = "A cat that waits", start_before_seconds = 1 });
        var job = await account.Finished(id);

        Assert.That(CancelTests.Of(job), Is.EqualTo("expired 0/0/4 of 0 images in 0 attempts"));
    }

    [Test]
    public async Task A_job_that_waits_for_too_long_fails_and_costs_nothing()
    {
        await RefuseTheKey();
        var request = new JobRequest { Prompt = "A cat of the day before", Model = Pipeline.Images.Catalogue.Load().Default, Num = 1 };

        var id = await account.HoldWithoutMessage(request, DateTimeOffset.UtcNow.AddDays(-1.1));
        await account.SendMessage(id);
        var job = await account.Finished(id);

        Assert.That(CancelTests.Of(job), Is.EqualTo("failed 0/0/4 of 0 images in 0 attempts"));
        Assert.That(job.GetProperty("error").GetProperty("code").GetString(), Is.EqualTo("upstream_unavailable"));
        Assert.That(app.ImageApi.CallsOf(request.Prompt), Is.Zero);
        await account.BooksAreRight();
    }

    [Test]
    public async Task Quick_retries_are_one_attempt()
    {
        await using var quick = await App.Start(null, ("ImageApi__QuickRetries", "00:00:30"));
        var caller = await quick.NewAccount(credits: 10);

        var job = await caller.Run(new { prompt = "A cat on a mat [[fault:503:2]]" });

        Assert.That(Texts(job, "status", "attempts"), Is.EqualTo("succeeded 1"));
        Assert.That(quick.ImageApi.Stats.Calls, Is.EqualTo(3));
    }

    /// <summary>Twice, which opens the circuit.</summary>
    private async Task RefuseTheKey()
    {
        app.ImageApi.SetFault("401", 1);
        for (var n = 0; n < 2; n++)
            Assert.That(
                (await account.Run(new { prompt = $"A refused cat {n}" })).GetProperty("error").GetProperty("code").GetString(),
                Is.EqualTo("upstream_rejected"));
    }

    private static IEnumerable<string> History(JsonElement job) =>
        job.GetProperty("history").EnumerateArray().Select(attempt => Texts(attempt, "attempt", "outcome", "images"));

    private static string Texts(JsonElement json, params string[] names) =>
        string.Join(' ', names.Select(name => json.GetProperty(name).ToString()));
}
