using System.Diagnostics;
using System.Globalization;
using Local.ImageApi;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>One request in twenty meets a fault, on every way of the app; no job is lost or paid twice.</summary>
[NonParallelizable]
public sealed class NetworkFaultTests
{
    private const double Share = 0.05;
    private const int Accounts = 10;
    private const int Clients = 16;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(10);

    /// <param name="jobs">How many, with faults and without.</param>
    /// <param name="latency">Factor on the 4 s that the image API takes for such a picture.</param>
    [TestCase(60, 0.25)]
    [TestCase(1_000, 1, Explicit = true, Category = "Long", Reason = "Takes some minutes; see docs/operations.md.")]
    public async Task All_jobs_are_done_and_the_books_are_right(int jobs, double latency)
    {
        await using var faulty = await FaultyApp.Start(
            FaultSeed.Next(), new SimulatorOptions { Port = 0, Latency = latency, SmallImages = true });
        var accounts = new List<Account>();
        for (var n = 0; n < Accounts; n++) accounts.Add(await faulty.App.NewAccount(credits: jobs * 4));

        var without = await Run(faulty, accounts, jobs, "calm");
        faulty.Network.SetFaults(Share);
        var with = await Run(faulty, accounts, jobs, "storm");
        faulty.Network.SetFaults(0);

        var done = new HashSet<string>();
        foreach (var account in accounts) done.UnionWith((await Invariants.Hold(account)).Select(job => job.Id.Value));
        Assert.That(done, Has.Count.EqualTo(2 * jobs), "each job that was accepted is there, and no other");
        await Queues.AreDrained(faulty.App, hidden: true, done);
        await TestContext.Progress.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{jobs} jobs without faults {without:0.0} jobs/s, with {Share:P0} faults {with:0.0} jobs/s, ratio {with / without:0.00}. ")
            + $"The provider was called {faulty.App.ImageApi.Stats.Calls} times for {2 * jobs} jobs. {faulty.Network}");
    }

    /// <returns>Jobs in a second, from the first submit to the last end.</returns>
    private static async Task<double> Run(FaultyApp faulty, List<Account> accounts, int jobs, string name)
    {
        var watch = Stopwatch.StartNew();
        await Parallel.ForAsync(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (n, _) =>
            await PatientCaller.Submit(
                accounts[n % Accounts], new { prompt = $"A postcard of town number {n} in {name} weather", model = "512" }, $"{name} {n}"));
        foreach (var account in accounts)
        {
            await Invariants.AllAreDone(account, TimeLimit, async () =>
            {
                await PatientCaller.Sweep(faulty.App);
                await Task.Delay(200);
            });
        }

        return jobs / watch.Elapsed.TotalSeconds;
    }
}
