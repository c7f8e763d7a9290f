using System.Diagnostics;
using System.Globalization;
using Local.ImageApi;

namespace Pipeline.Tests.Apps;

/// <summary>
/// Many jobs at once: all succeed, the books agree with the provider's, memory stays flat. Speeds are printed, not asserted.
/// </summary>
[NonParallelizable]
public sealed class LoadTests
{
    private const int Clients = 16;

    [Test]
    public async Task Five_hundred_jobs_from_sixteen_clients_all_succeed_and_the_books_agree_with_the_providers()
    {
        const int Jobs = 500, CreditsPerJob = 4;
        await using var app = await App.Start();
        var account = await app.NewAccount(credits: Jobs * CreditsPerJob);

        var elapsed = await RunJobs(account, Jobs, n => new { prompt = $"A postcard of town number {n}" });

        await TestContext.Progress.WriteLineAsync(
            string.Create(CultureInfo.InvariantCulture, $"{Jobs} jobs from {Clients} clients: {Jobs / elapsed.TotalSeconds:0.0} jobs/s"));
        Assert.That(await account.Credits(), Is.EqualTo((0L, 0L, (long)Jobs * CreditsPerJob)));
        Assert.That(app.ImageApi.Stats.CreditsCharged, Is.EqualTo(Jobs * CreditsPerJob));
        Assert.That(app.ImageApi.Stats.Images, Is.EqualTo(Jobs));
        await account.BooksAreRight();
    }

    [TestCase(16)]
    [TestCase(200, Explicit = true, Category = "Long", Reason = "Takes some minutes and 4 GB of disk; see docs/operations.md.")]
    public async Task Pictures_of_20_MB_pass_through_in_less_than_400_MB_of_memory(int jobs)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Peak memory is read from /proc.");
        await using var storage = await StorageOnDisk.Start();
        await using var app = await App.Start(
            new SimulatorOptions { Port = 0, Latency = 0 },
            ("AzureWebJobsStorage", storage.ConnectionString), ("Jobs__LeaseDuration", "00:02:00"), ("Jobs__ResendAfter", "01:00:00"));
        var account = await app.NewAccount(credits: jobs * 8);

        var elapsed = await RunJobs(account, jobs, n => new { prompt = $"A mural for wall number {n}", model = "4k" });

        var peak = PeakMemory.Megabytes(app.Process.Id);
        await TestContext.Progress.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture, $"{jobs} jobs of 4K: {jobs / elapsed.TotalSeconds:0.0} jobs/s, the app's peak memory {peak} MB"));
        Assert.That(peak, Is.LessThan(400));
        Assert.That(await account.Credits(), Is.EqualTo((0L, 0L, jobs * 8L)));
        await account.BooksAreRight();
    }

    private static async Task<TimeSpan> RunJobs(Account account, int jobs, Func<int, object> job)
    {
        var watch = Stopwatch.StartNew();
        await Parallel.ForAsync(0, jobs, new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (n, _) =>
        {
            var finished = await account.Run(job(n));
            Assert.That(finished.GetProperty("status").GetString(), Is.EqualTo("succeeded"), finished.ToString());
        });
        return watch.Elapsed;
    }
}
