using System.Diagnostics;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Tests.Jobs;

/// <summary>How long a caller waits for a job, how often its row is read for that, and what ends it early.</summary>
public sealed class WaitForJobTests
{
    private static readonly Catalogue Catalogue = Catalogue.Load();

    private Reads reads = null!;
    private TableClient ledger = null!;
    private JobTable jobs = null!;
    private WaitForJob wait = null!;

    [SetUp]
    public async Task Count_the_reads()
    {
        reads = new Reads();
        var options = new TableClientOptions();
        options.AddPolicy(reads, HttpPipelinePosition.PerCall);
        var tables = new TableServiceClient(Tests.Storage.NewAccount(), options);
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        ledger = tables.GetTableClient(StorageNames.LedgerTable);
        jobs = new JobTable(tables, new JobRow(Catalogue));
        wait = new WaitForJob(jobs, TimeProvider.System);
    }

    // Documented in docs/operations.md, "What waiting costs".
    [TestCase("512", 4, 10)]
    [TestCase("1k", 8, 10)]
    [TestCase("2k", 15, 16)]
    [TestCase("4k", 30, 31)]
    [TestCase("512", 60, 122)]
    [TestCase("1k", 60, 62)]
    [TestCase("2k", 60, 61)]
    [TestCase("4k", 60, 61)]
    public void A_wait_reads_the_job_so_often_at_most(string model, int seconds, int expected)
    {
        var count = 0;
        var pause = TimeSpan.Zero;
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(seconds); passed += pause, count++)
            pause = WaitForJob.NextPause(pause, Catalogue.Find(model)!);

        Assert.That(count, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_job_that_stays_open_is_given_back_when_the_time_is_over()
    {
        var job = await Store("512");
        reads.Count = 0;
        var watch = Stopwatch.StartNew();

        var found = await wait.Until(Request(), job, TimeSpan.FromSeconds(1), default);

        Assert.That(watch.Elapsed, Is.AtLeast(TimeSpan.FromSeconds(0.95)));
        Assert.That(found.Status, Is.EqualTo(JobStatus.Queued));
        Assert.That(reads.Count, Is.InRange(2, 4), "0.125 s, 0.31 s, 0.59 s, 1 s");
    }

    [Test]
    public async Task What_passed_before_the_job_was_there_is_counted()
    {
        var job = await Store("512");
        var watch = Stopwatch.StartNew();

        await wait.Until(Request(), job, wait.Now - (9 * Stopwatch.Frequency), TimeSpan.FromSeconds(10), default);
        Assert.That(watch.Elapsed, Is.InRange(TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(5)));

        reads.Count = 0;
        await wait.Until(Request(), job, wait.Now - (20 * Stopwatch.Frequency), TimeSpan.FromSeconds(10), default);
        Assert.That(reads.Count, Is.Zero);
    }

    [Test]
    public async Task A_job_that_ends_is_given_back_at_once()
    {
        var job = await Store("512");
        var waiting = wait.Until(Request(), job, TimeSpan.FromSeconds(20), default);
        await jobs.TryChange((await jobs.Read(job.Account, job.Id, default))! with { Status = JobStatus.Canceled }, default);
        var watch = Stopwatch.StartNew();

        var found = await waiting;

        Assert.That(found.Status, Is.EqualTo(JobStatus.Canceled));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public async Task A_job_that_is_terminal_is_not_looked_at()
    {
        var job = await Store("512") with { Status = JobStatus.Succeeded };
        reads.Count = 0;

        Assert.That(await wait.Until(Request(), job, TimeSpan.FromSeconds(20), default), Is.SameAs(job));
        Assert.That(reads.Count, Is.Zero);
    }

    [Test]
    public async Task A_caller_that_goes_away_is_not_waited_for()
    {
        var job = await Store("512");
        using var left = new CancellationTokenSource(TimeSpan.FromSeconds(0.2));
        var watch = Stopwatch.StartNew();

        await wait.Until(Request(left.Token), job, TimeSpan.FromSeconds(20), default);

        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public async Task A_host_that_stops_answers_what_it_knows()
    {
        var job = await Store("512");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(0.2));
        var watch = Stopwatch.StartNew();

        var found = await wait.Until(Request(), job, TimeSpan.FromSeconds(20), stop.Token);

        Assert.That(found.Id, Is.EqualTo(job.Id));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    [Test]
    public async Task Storage_that_is_away_costs_neither_the_answer_nor_much_time()
    {
        var nowhere = new TableServiceClient(
            "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:9/a;");
        var job = await Store("512");
        var watch = Stopwatch.StartNew();

        var found = await new WaitForJob(new JobTable(nowhere, new JobRow(Catalogue)), TimeProvider.System)
            .Until(Request(), job, TimeSpan.FromSeconds(1), default);

        Assert.That(found, Is.SameAs(job));
        Assert.That(watch.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)));
    }

    private async Task<Job> Store(string model)
    {
        var now = DateTimeOffset.UtcNow;
        var request = new JobRequest { Prompt = "A cat", Model = Catalogue.Find(model)! };
        var job = NewJob.From(AccountId.Parse("demo"), JobId.New(now), request, manifest: null, now);
        await ledger.AddEntityAsync(JobRow.Whole(job));
        return job;
    }

    private static HttpRequest Request(CancellationToken aborted = default) => new DefaultHttpContext { RequestAborted = aborted }.Request;

    private sealed class Reads : HttpPipelineSynchronousPolicy
    {
        public int Count { get; set; }

        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Method == RequestMethod.Get) Count++;
        }
    }
}
