using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Apps;

/// <summary>A job that is worth nothing any more if it is not begun in time.</summary>
public sealed class ExpireTests
{
    private const string Expired = "expired 0/0/8 of 0 images in 0 attempts";

    private App app = null!;
    private Account account = null!;

    [SetUp]
    public async Task Start()
    {
        // The sweeper looks at what is due and no earlier: only the job's own deadline makes it due here.
        app = await App.Start(null, ("Jobs__ResendAfter", "01:00:00"));
        account = await app.NewAccount(credits: 1000);
    }

    [TearDown]
    public async Task The_books_are_right()
    {
        Assert.That((await account.Credits()).Held, Is.Zero);
        await account.BooksAreRight();
        await app.DisposeAsync();
    }

    [Test]
    public async Task A_worker_that_comes_too_late_does_not_begin_it()
    {
        var id = await account.HoldWithoutMessage(new JobRequest
        {
            Prompt = "A cat on a mat",
            Model = Catalogue.Load().Default,
            Num = 2,
            StartBefore = TimeSpan.FromSeconds(1),
        });
        await Task.Delay(1_100);

        await account.SendMessage(id);
        var job = await account.Finished(id);

        Assert.That(CancelTests.Of(job), Is.EqualTo(Expired));
        Assert.That(job.GetProperty("error").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(app.ImageApi.Stats.Calls, Is.Zero);
    }

    [Test]
    public async Task Where_no_worker_comes_the_sweeper_ends_it_when_its_time_is_past()
    {
        await new QueueClient(app.Storage, "images-large").DeleteAsync();
        await account.Post("v1/jobs", new { prompt = "A cat on a mat", model = "4k", start_before_seconds = 1 });
        var entries = await account.GetJson("v1/credits/entries?kind=hold");
        await Task.Delay(1_100);

        await app.Sweep();

        var job = await account.Job(entries.GetProperty("data")[0].GetProperty("reference").GetString()!);
        Assert.That(CancelTests.Of(job), Is.EqualTo(Expired));
    }

    [Test]
    public async Task A_manifests_jobs_expire_and_are_counted()
    {
        await new QueueClient(app.Storage, "images-large").DeleteAsync();
        await account.Drop("late.json", """[{"prompt":"A cat on a mat","model":"4k","start_before_seconds":1}]""");
        await Account.Until(account.Credits, credits => credits.Held == 8);
        await Task.Delay(2_100);

        await app.Sweep();

        var manifest = await account.Manifest("completed");
        Assert.That(manifest.GetProperty("counts").GetProperty("expired").GetInt32(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_job_that_was_begun_in_time_never_expires()
    {
        var id = await account.Submit(new { prompt = "A cat on a mat [[slow:1]] [[fault:503:1]]", num = 2, start_before_seconds = 3600 });
        await Account.Until(() => Task.FromResult(app.ImageApi.Stats.InFlight), calls => calls > 0);
        // As if so much time had passed, also for the sweeper: both rows are due.
        var past = DateTimeOffset.UtcNow.AddSeconds(-1);
        var table = new TableClient(app.Storage, "ledger");
        foreach (var (row, column) in ((string, string)[])[(JobId.Parse(id).RowKey, "StartBefore"), ($"open~{id}", "Due")])
            await table.UpdateEntityAsync(new TableEntity(account.Id, row) { [column] = past }, ETag.All);

        await Account.Until(
            async () =>
            {
                await app.Sweep();
                return await account.Job(id);
            },
            job => job.GetProperty("finished_at").ValueKind != JsonValueKind.Null);

        Assert.That(CancelTests.Of(await account.Job(id)), Is.EqualTo("succeeded 0/8/0 of 2 images in 2 attempts"));
    }
}
