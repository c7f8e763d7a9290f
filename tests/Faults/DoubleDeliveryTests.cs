using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>A message that comes twice, to two processes, makes one call at a time and is paid once.</summary>
public sealed class DoubleDeliveryTests
{
    private const int Accounts = 5;
    private const int AtOnce = 8;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(3);

    [TestCase(50)]
    [TestCase(1_000, Explicit = true, Category = "Long", Reason = "Takes some minutes; see docs/operations.md.")]
    public async Task Jobs_whose_message_comes_twice_are_called_for_once_at_a_time_and_paid_once(int jobs)
    {
        await using var app = await App.Start();
        await using var other = await app.StartAnother();
        var accounts = new List<Account>();
        for (var n = 0; n < Accounts; n++) accounts.Add(await app.NewAccount(credits: jobs * 4));
        var ids = new string[jobs];

        await Parallel.ForAsync(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (n, _) =>
        {
            var account = accounts[n % Accounts];
            ids[n] = await account.HoldWithoutMessage(new JobRequest { Prompt = Prompt(n), Model = Catalogue.Load().Default });
            await Task.WhenAll(account.SendMessage(ids[n]), account.SendMessage(ids[n]));
        });
        // The sweeper is told to look at none of them: these two messages are all.
        foreach (var account in accounts) await Invariants.AllAreDone(account, TimeLimit, () => Task.Delay(100));

        var found = 0;
        foreach (var account in accounts) found += (await Invariants.Hold(account)).Count(job => job.Status == JobStatus.Succeeded);
        Assert.That(found, Is.EqualTo(jobs));
        var stats = Enumerable.Range(0, jobs).Select(n => app.ImageApi.StatsOf(Prompt(n))).ToList();
        Assert.That(stats.Select(each => each.InFlightMax), Has.All.EqualTo(1), "calls at once for one job");
        Assert.That(stats.Sum(each => each.Images), Is.EqualTo(jobs), "images that the provider made");
        await Queues.AreDrained(app, hidden: false, ids.ToHashSet());
        await TestContext.Progress.WriteLineAsync(
            $"{jobs} jobs, {2 * jobs} messages, 2 processes: {stats.Sum(each => each.Calls)} calls, at most 1 at once for a job.");
    }

    /// <summary>Slow enough that a second call would be seen beside the first; every fourth is tried again.</summary>
    private static string Prompt(int n) => $"A postcard of town number {n} [[slow:0.2]]{(n % 4 == 0 ? " [[fault:503:1]]" : "")}";
}
