using Pipeline.Jobs;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>The app is killed at each write after the hold, before it is done and after; what is left finishes by itself.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class KillTests
{
    private const int Num = 2;
    private const int CreditsPerImage = 4;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    [TestCaseSource(nameof(Points))]
    public Task After_a_kill_and_a_restart_the_job_is_done_and_paid_once(string step, TripAt at) => KillAndRestart(step, at, trials: 1);

    [TestCaseSource(nameof(Points)), Category("Long"), Explicit("Takes some minutes; see docs/operations.md.")]
    public Task After_each_of_twenty_kills_the_job_is_done_and_paid_once(string step, TripAt at) => KillAndRestart(step, at, trials: 20);

    [Test, Category("Long"), Explicit("Takes some minutes; see docs/operations.md.")]
    public Task After_each_of_a_hundred_kills_between_hold_and_message_the_sweeper_finds_the_job() =>
        KillAndRestart(nameof(WorkStep.Enqueue), TripAt.Before, trials: 100);

    private static IEnumerable<TestCaseData> Points() => KillPoint.All.Select(point => new TestCaseData(point.Step.ToString(), point.At));

    private static async Task KillAndRestart(string step, TripAt at, int trials)
    {
        var point = new KillPoint(Enum.Parse<WorkStep>(step), at);
        await using var faulty = await FaultyApp.Start(
            FaultSeed.Next(), null, ("Jobs__LeaseDuration", "00:00:02"), ("Jobs__ResendAfter", "00:00:01"));
        var account = await faulty.App.NewAccount(credits: trials * Num * CreditsPerImage);
        var done = new HashSet<string>();
        long calls = 0, images = 0;
        for (var trial = 0; trial < trials; trial++)
        {
            var prompt = $"A red fox in the snow of {1900 + trial}";
            done.Add(await OneTrial(faulty, account, point, prompt));
            var provider = faulty.App.ImageApi.StatsOf(prompt);
            calls += provider.Calls;
            images += provider.Images;
        }

        await Invariants.Hold(account, done);
        await Queues.AreDrained(faulty.App, hidden: true, done);
        await TestContext.Progress.WriteLineAsync(
            $"Killed {trials} times {at} {step}: {calls - trials} calls of the image API and {images - (trials * Num)} images more than "
            + $"needed, {(await account.Credits()).Spent / CreditsPerImage} images paid by the caller.");
    }

    private static async Task<string> OneTrial(FaultyApp faulty, Account account, KillPoint point, string prompt)
    {
        var killed = point.Trip(faulty.Network, () => faulty.App.Process.Kill());
        var fields = new { prompt, model = "512", num = Num };
        var submit = PatientCaller.TrySubmit(account, fields, key: prompt);
        await killed.Sprung.WaitAsync(TimeLimit);
        await faulty.App.Restart();
        // The worker may have been faster than the answer to its caller.
        var job = await submit ?? await PatientCaller.Submit(account, fields, key: prompt);

        await Invariants.AllAreDone(account, TimeLimit, async () =>
        {
            // As the timer does every minute.
            await faulty.App.Sweep();
            await Task.Delay(100);
        });

        var found = (await Invariants.Hold(account, job)).Single(each => each.Id.Value == job);
        Assert.That(found.Status, Is.EqualTo(JobStatus.Succeeded));
        return job;
    }
}
