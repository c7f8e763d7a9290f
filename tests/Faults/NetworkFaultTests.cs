using System.Globalization;
using Local.ImageApi;
using Pipeline.Jobs;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>One request in twenty meets a fault, on every way of the app; no job is lost or paid twice.</summary>
[NonParallelizable]
public sealed class NetworkFaultTests
{
    private const double Share = 0.05;
    private const int Accounts = 10;
    private const int Clients = 16;
    private const string Calm = "calm";
    private const string Storm = "stormy";

    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(10);

    /// <param name="jobs">How many, with faults and without.</param>
    /// <param name="latency">Factor on the 4 s that the image API takes for such a picture.</param>
    /// <param name="resendAfter">When the sweeper looks at a job for the first time.</param>
    [TestCase(60, 0.25, "00:00:05")]
    [TestCase(1_000, 1, "00:01:00", Explicit = true, Category = "Long", Reason = "Takes some minutes; see docs/operations.md.")]
    public async Task All_jobs_are_done_and_the_books_are_right(int jobs, double latency, string resendAfter)
    {
        await using var faulty = await FaultyApp.Start(
            FaultSeed.Next(), new SimulatorOptions { Port = 0, Latency = latency, SmallImages = true },
            // Long as by default: at a second, as in other tests, copies of messages would be half of what the workers get.
            ("Jobs__ResendAfter", resendAfter));
        var accounts = new List<Account>();
        for (var n = 0; n < Accounts; n++) accounts.Add(await faulty.App.NewAccount(credits: jobs * 4));

        await Run(faulty, accounts, jobs, Calm);
        faulty.Network.SetFaults(Share);
        await Run(faulty, accounts, jobs, Storm);
        faulty.Network.SetFaults(0);

        var done = new List<Job>();
        foreach (var account in accounts) done.AddRange(await Invariants.Hold(account));
        Assert.That(done, Has.Count.EqualTo(2 * jobs), "each job that was accepted is there, and no other");
        await Queues.AreDrained(faulty.App, hidden: true, done.Select(job => job.Id.Value).ToHashSet());
        await TestContext.Progress.WriteLineAsync(
            $"{jobs} jobs without faults and with {Share:P0}: until 95 % are done {Rates(done, 0.95)}; until the last {Rates(done, 1)}. "
            + $"The provider was called {faulty.App.ImageApi.Stats.Calls} times for {2 * jobs} jobs. {faulty.Network}");
    }

    private static async Task Run(FaultyApp faulty, List<Account> accounts, int jobs, string name)
    {
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
    }

    /// <summary>Jobs in a second without faults and with them, from the first submit until so many are done, and their ratio.</summary>
    private static string Rates(List<Job> jobs, double share)
    {
        var (calm, storm) = (Rate(Calm), Rate(Storm));
        return string.Create(CultureInfo.InvariantCulture, $"{calm:0.0} and {storm:0.0} jobs/s, ratio {storm / calm:0.00}");

        double Rate(string name)
        {
            var those = jobs.Where(job => job.Request.Prompt.Contains(name, StringComparison.Ordinal)).ToList();
            var count = (int)(those.Count * share);
            var last = those.Select(job => job.FinishedAt!.Value).Order().ElementAt(count - 1);
            return count / (last - those.Min(job => job.CreatedAt)).TotalSeconds;
        }
    }
}
