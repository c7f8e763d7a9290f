using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Local.FunctionsWorker;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class TimerTests
{
    private const string EachSecond = "* * * * * *";
    private const string NewYear = "0 0 0 1 1 *";

    [Test]
    public async Task An_exception_does_not_end_the_schedule()
    {
        var runs = new Seen<TimerInfo>();
        await using var app = await Start(Storage.NewAccount(), EachSecond, info =>
        {
            runs.Add(info);
            throw new InvalidOperationException("no luck");
        });

        Assert.That((await runs.Next()).IsPastDue, Is.False);
        await runs.Next();
    }

    [Test]
    public async Task A_run_longer_than_the_schedule_does_not_overlap_the_next()
    {
        var ends = new Seen<int>();
        int inWork = 0, most = 0;
        await using var app = await Start(Storage.NewAccount(), EachSecond, async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inWork));
            await Task.Delay(1500);
            ends.Add(Interlocked.Decrement(ref inWork));
        });

        await ends.Next();
        await ends.Next();

        Assert.That(most, Is.EqualTo(1));
    }

    [Test]
    public async Task Of_two_hosts_one_has_the_timer_until_it_stops()
    {
        var account = Storage.NewAccount();
        var runs = new Seen<string>();
        await using var one = await Start(account, EachSecond, Reports(runs, "one"));
        Assert.That(await runs.Next(), Is.EqualTo("one"));
        await using var two = await Start(account, EachSecond, Reports(runs, "two"));

        for (var i = 0; i < 2; i++) Assert.That(await runs.Next(), Is.EqualTo("one"));
        await one.Stop();

        string host;
        do host = await runs.Next();
        while (host == "one");
        Assert.That(host, Is.EqualTo("two"));
    }

    [Test]
    public async Task A_timer_whose_claim_another_took_waits_until_it_is_free()
    {
        var account = Storage.NewAccount();
        var runs = new Seen<string>();
        await using var app = await Start(account, EachSecond, Reports(runs, "one"));
        await runs.Next();
        var theirs = new BlobClient(account, "azure-webjobs-hosts", "locks/tests/Host.Functions.Tick.Listener").GetBlobLeaseClient();
        await theirs.BreakAsync(TimeSpan.Zero);
        await theirs.AcquireAsync(BlobLeaseClient.InfiniteLeaseDuration);

        await Eventually.True(
            async () =>
            {
                var before = runs.Count;
                await Task.Delay(1500);
                return runs.Count == before;
            },
            "the timer rests");
        var rested = runs.Count;
        await theirs.ReleaseAsync();

        await Eventually.True(() => Task.FromResult(runs.Count > rested), "the timer goes on");
    }

    [Test]
    public async Task An_occurrence_missed_while_nothing_ran_is_made_up_for_once()
    {
        var account = Storage.NewAccount();
        var runs = new Seen<TimerInfo>();
        await Remember(account, last: Utc(2024, 6), next: Utc(2025, 1));

        await using (await Start(account, NewYear, Reports(runs)))
        {
            var info = await runs.Next();
            Assert.That((info.IsPastDue, info.ScheduleStatus!.Next.Year), Is.EqualTo((true, 2025)));
            await Eventually.True(async () => (await Remembered(account)).Last.Year > 2024, "the run is remembered");
        }

        await using (await Start(account, NewYear, Reports(runs))) await Task.Delay(500);
        Assert.That(runs.Count, Is.EqualTo(1));
    }

    [Test]
    public async Task A_first_start_is_remembered_and_not_past_due()
    {
        var account = Storage.NewAccount();
        var runs = new Seen<TimerInfo>();

        await using var app = await Start(account, NewYear, Reports(runs));

        await Eventually.True(() => StatusBlob(account).ExistsAsync().ContinueWith(t => t.Result.Value), "the schedule is remembered");
        Assert.That(((await Remembered(account)).Next.Month, runs.Count), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task A_function_may_run_on_startup()
    {
        var runs = new Seen<string>();
        await using var app = await LocalApp.Start(
            [typeof(AtStart)], builder => builder.Services.AddSingleton(runs), settings: ("AzureWebJobsStorage", Storage.NewAccount()));

        Assert.That(await runs.Next(), Is.EqualTo("started, past due: False"));
    }

    private static Func<TimerInfo, Task> Reports(Seen<string> runs, string host) => _ =>
    {
        runs.Add(host);
        return Task.CompletedTask;
    };

    private static Func<TimerInfo, Task> Reports(Seen<TimerInfo> runs) => info =>
    {
        runs.Add(info);
        return Task.CompletedTask;
    };

    private static BlobClient StatusBlob(string account) => new(account, "azure-webjobs-hosts", "timers/tests/Host.Functions.Tick/status");

    private static async Task Remember(string account, DateTime last, DateTime next)
    {
        await new BlobContainerClient(account, "azure-webjobs-hosts").CreateAsync();
        var status = new ScheduleStatus { Last = last, Next = next, LastUpdated = last };
        await StatusBlob(account).UploadAsync(BinaryData.FromObjectAsJson(status));
    }

    private static DateTime Utc(int year, int month) => new(year, month, 1, 0, 0, 0, DateTimeKind.Utc);

    private static async Task<ScheduleStatus> Remembered(string account)
    {
        var content = await StatusBlob(account).DownloadContentAsync();
        return JsonSerializer.Deserialize<ScheduleStatus>(content.Value.Content)!;
    }

    private static Task<LocalApp> Start(string account, string schedule, Func<TimerInfo, Task> work) => LocalApp.Start(
        [typeof(Timer)],
        builder => builder.Services.AddSingleton(work),
        setup => setup with { Times = new HostTimes { BlobLeaseRenewal = TimeSpan.FromMilliseconds(300) } },
        settings: [("AzureWebJobsStorage", account), ("Schedule", schedule)]);

    private sealed class Timer(Func<TimerInfo, Task> work)
    {
        [Function("Tick")]
        public Task Run([TimerTrigger("%Schedule%")] TimerInfo timer) => work(timer);
    }

    private sealed class AtStart(Seen<string> runs)
    {
        [Function("AtStart")]
        public void Run([TimerTrigger(NewYear, RunOnStartup = true, UseMonitor = false)] TimerInfo timer) =>
            runs.Add($"started, past due: {timer.IsPastDue}{timer.ScheduleStatus?.Next}");
    }
}
