using System.Globalization;
using System.Text.Json;
using Local.ImageApi;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>
/// Each fault of the image API, at every call or only at the first, for one image and for nine, ends a job as <see cref="UpstreamCase"/>
/// says, and leaves nothing behind.
/// </summary>
/// <remarks>All jobs run at once, from the start on; each test then looks at its own.</remarks>
public sealed class UpstreamFaultTests
{
    private const int CreditsPerImage = 4;

    /// <summary>Apps that start and run at once, for those faults that need one of their own.</summary>
    private const int AppsMax = 4;

    /// <summary>So long that a download of 1 kB/s does not end within a tenth of the model's timeout, 6 s.</summary>
    private const long SlowBytes = 20_000;

    /// <summary>Two timeouts of the model, which wait where nothing answers, and the time between.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(4);

    private static readonly int[] Nums = [1, 9];

    private readonly Dictionary<string, Task<Dictionary<(bool Once, int Num), Trial>>> trials = [];
    private readonly SemaphoreSlim room = new(AppsMax);
    private App shared = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        shared = await StartApp(timeoutScale: 1);
        foreach (var each in UpstreamCase.All) trials[each.Fault] = Run(each);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await Task.WhenAll(trials.Values).ContinueWith(_ => { }, TaskScheduler.Default);
        await shared.DisposeAsync();
        room.Dispose();
    }

    [Test]
    public void Every_fault_of_the_simulator_has_its_case() =>
        Assert.That(UpstreamCase.All.Select(each => each.Fault), Is.EquivalentTo(UpstreamCase.NamesOfTheSimulator));

    [TestCaseSource(nameof(Cases))]
    public async Task A_job_ends_as_its_case_says(string fault, bool once, int num) =>
        EndsAs((await trials[fault])[(once, num)], UpstreamCase.Find(fault));

    [Test]
    public async Task No_message_is_left_when_all_are_done()
    {
        var all = await Task.WhenAll(trials.Values);
        await Queues.AreDrained(shared, hidden: false, all.SelectMany(each => each.Values).Select(trial => trial.Id).ToHashSet());
    }

    private static IEnumerable<TestCaseData> Cases() =>
        from each in UpstreamCase.All
        from once in (bool[])[false, true]
        from num in Nums
        select new TestCaseData(each.Fault, once, num);

    private static void EndsAs(Trial trial, UpstreamCase each)
    {
        var num = trial.Num;
        var expected = each.Of(trial.Once, num);
        var stored = Math.Max(num - expected.Lacks, 0);
        var job = trial.Job;
        var credits = job.GetProperty("credits");
        Assert.Multiple(() =>
        {
            Assert.That(job.GetProperty("status").GetString(), Is.EqualTo(expected.Status));
            Assert.That(Code(job.GetProperty("error")), Is.EqualTo(expected.Error));
            Assert.That(job.GetProperty("attempts").GetInt32(), Is.EqualTo(expected.Attempts), "attempts");
            Assert.That(trial.Provider.Calls, Is.EqualTo(expected.Attempts), "calls of the image API");
            Assert.That(
                trial.Provider.Images, Is.EqualTo(each.IsPaidForNothing ? expected.Attempts * num : stored), "images that the API charged");
            Assert.That(credits.GetProperty("captured").GetInt64(), Is.EqualTo(stored * CreditsPerImage), "captured");
            Assert.That(credits.GetProperty("released").GetInt64(), Is.EqualTo((num - stored) * CreditsPerImage), "released");
            Assert.That(credits.GetProperty("held").GetInt64(), Is.Zero, "held");
            Assert.That(job.GetProperty("images").EnumerateArray().Count(IsStored), Is.EqualTo(stored), "images");
            string[] warnings = expected.Warning is { } warning ? [warning] : [];
            Assert.That(job.GetProperty("warnings").EnumerateArray().Select(Code).Distinct(), Is.EquivalentTo(warnings));
        });

        static string? Code(JsonElement of) => of.ValueKind == JsonValueKind.Null ? null : of.GetProperty("code").GetString();
        static bool IsStored(JsonElement image) => image.GetProperty("status").GetString() == "stored";
    }

    /// <summary>
    /// All trials of a fault. One that is the API's may make the app leave the API alone for a while: others must not wait for that.
    /// </summary>
    private async Task<Dictionary<(bool Once, int Num), Trial>> Run(UpstreamCase each)
    {
        var (once, always) = each.IsOfTheApi || IsSlow(each.Fault)
            ? (RunAlone(each.Fault, once: true), RunAlone(each.Fault, once: false))
            : (RunAll(shared, each.Fault, once: true), RunAll(shared, each.Fault, once: false));
        return (await once).Concat(await always).ToDictionary(trial => (trial.Once, trial.Num));
    }

    private static Task<Trial[]> RunAll(App app, string fault, bool once) => Task.WhenAll(Nums.Select(num => Run(app, fault, once, num)));

    private async Task<Trial[]> RunAlone(string fault, bool once)
    {
        await room.WaitAsync();
        try
        {
            // Short enough for what hangs, and of an app that nobody else keeps busy.
            await using var app = await StartApp(timeoutScale: IsSlow(fault) ? 0.1 : 1);
            var all = await RunAll(app, fault, once);
            await Queues.AreDrained(app, hidden: false, all.Select(trial => trial.Id).ToHashSet());
            return all;
        }
        finally
        {
            room.Release();
        }
    }

    private static async Task<Trial> Run(App app, string fault, bool once, int num)
    {
        var account = await app.NewAccount(credits: num * CreditsPerImage);
        var prompt = $"A red fox and {num} hares in the snow [[fault:{fault}{(once ? ":1" : "")}]]";
        var job = await account.Submit(new { prompt, model = "512", num });
        await Invariants.AllAreDone(account, TimeLimit, () => Task.Delay(200));
        await Invariants.Hold(account, job);
        return new Trial(job, once, num, await account.Job(job), app.ImageApi.StatsOf(prompt));
    }

    private static bool IsSlow(string fault) => fault is "hang" or "url-slow";

    private static Task<App> StartApp(double timeoutScale) => App.Start(
        new SimulatorOptions { Port = 0, Latency = 0, SmallImages = true, ImageBytes = SlowBytes },
    [
        ("Jobs__AttemptsMax", $"{UpstreamCase.AttemptsMax}"),
        // So that what is endless ends soon.
        ("ImageApi__ImageBytesMax", $"{1 << 20}"),
        // Nobody but the retries themselves may send messages here.
        ("Jobs__LeaseDuration", "00:01:00"), ("Jobs__ResendAfter", "00:10:00"),
        ("ImageApi__TimeoutScale", timeoutScale.ToString(CultureInfo.InvariantCulture)),
    ]);

    /// <summary>A job at its end, and the provider's books of it.</summary>
    private sealed record Trial(string Id, bool Once, int Num, JsonElement Job, PromptStats Provider);
}
