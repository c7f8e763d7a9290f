using System.Diagnostics;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>A process that stands still for longer than its claims last, as a machine that is moved or starved does.</summary>
[Platform(Exclude = "Win", Reason = "Processes are paused there in other ways.")]
public sealed class PauseTests
{
    private const string Lease = "00:00:08";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    [Test]
    public async Task A_worker_that_lost_its_claim_in_a_pause_has_its_job_looked_at_again_without_the_sweeper()
    {
        await using var app = await App.Start(null, ("Jobs__LeaseDuration", Lease), ("Jobs__ResendAfter", "01:00:00"));
        var account = await app.NewAccount(credits: 100);
        var id = await account.Submit(new { prompt = "A cat on a mat [[fault:hang:1]]" });
        await Account.Until(() => Task.FromResult(app.ImageApi.Stats.InFlight), calls => calls > 0);

        await Send("STOP", app);
        await Task.Delay(Pause);
        await Send("CONT", app);
        var job = await account.Finished(id);

        Assert.That(
            job.GetProperty("history").EnumerateArray().Select(attempt => $"{attempt.GetProperty("outcome")}"),
            Is.EqualTo(new[] { "unreported", "delivered" }));
        Assert.That(app.ImageApi.Stats.Calls, Is.EqualTo(2));
        Assert.That(await account.Credits(), Is.EqualTo((96L, 0L, 4L)));
        await account.BooksAreRight();
    }

    private static async Task Send(string signal, App app)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{signal} {app.Process.Id}"]);
        await kill.WaitForExitAsync();
        Assert.That(kill.ExitCode, Is.Zero);
    }
}
