using System.Collections.Concurrent;
using Local.ImageApi;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>All of storage is away for a while, under load; nothing that was accepted is lost, and nobody does anything about it.</summary>
[NonParallelizable]
public sealed class StorageOutageTests
{
    private const int Clients = 6;

    /// <summary>So many are accepted before the outage, and again after it: the workers and their queue are full then.</summary>
    private const int Load = 50;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(5);

    /// <param name="seconds">How long storage is away.</param>
    /// <param name="byTimer">Whether only the timer sweeps, every minute; else it is done more often here.</param>
    [TestCase(5, false)]
    [TestCase(60, true, Explicit = true, Category = "Long", Reason = "Takes some minutes; see docs/operations.md.")]
    public async Task Nothing_that_was_accepted_is_lost(int seconds, bool byTimer)
    {
        await using var faulty = await FaultyApp.Start(
            FaultSeed.Next(), new SimulatorOptions { Port = 0, Latency = 0.25, SmallImages = true });
        var account = await faulty.App.NewAccount(credits: 1_000_000);
        var accepted = new ConcurrentBag<string>();
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, Clients).Select(client => Post(account, client, accepted, stop.Token)).ToList();

        await Account.Until(() => Task.FromResult(accepted.Count), count => count >= Load);
        foreach (var proxy in faulty.Network.Storage) proxy.Cut();
        var beforeOutage = accepted.Count;
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        foreach (var proxy in faulty.Network.Storage) proxy.Mend();
        var inOutage = accepted.Count - beforeOutage;
        await Account.Until(() => Task.FromResult(accepted.Count), count => count >= beforeOutage + inOutage + Load);
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        await Invariants.AllAreDone(account, TimeLimit, async () =>
        {
            if (!byTimer) await PatientCaller.Sweep(faulty.App);
            await Task.Delay(Pause);
        });

        var jobs = await Invariants.Hold(account, accepted);
        await Queues.AreDrained(faulty.App, hidden: true, jobs.Select(job => job.Id.Value).ToHashSet());
        await TestContext.Progress.WriteLineAsync(
            $"{beforeOutage} jobs accepted before the outage of {seconds} s, {inOutage} in it, "
            + $"{accepted.Count - beforeOutage - inOutage} after it, {jobs.Count - accepted.Count} more made whose answer was lost: "
            + string.Join(", ", jobs.CountBy(job => job.Status)));
    }

    /// <summary>Posts one job after the other; whatever has no good answer is forgotten.</summary>
    private static async Task Post(Account account, int client, ConcurrentBag<string> accepted, CancellationToken stop)
    {
        for (var n = 0; !stop.IsCancellationRequested; n++)
        {
            var job = new { prompt = $"A postcard of town number {n} from traveller {client}", model = "512" };
            if (await PatientCaller.TrySubmit(account, job, $"{client}-{n}") is { } id) accepted.Add(id);
            await Task.Delay(Pause, CancellationToken.None);
        }
    }
}
