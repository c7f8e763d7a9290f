using System.Globalization;
using Local.ImageApi;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>Images flow through the app: how large they are hardly matters to its memory.</summary>
[NonParallelizable]
public sealed class MemoryTests
{
    private const double RatioMax = 1.3;
    private const long Megabyte = 1_000_000;

    [TestCase(8)]
    [TestCase(32, Explicit = true, Category = "Long", Reason = "Takes a minute and 1 GB of disk; see docs/operations.md.")]
    public async Task Images_of_25_MB_take_at_most_a_third_more_memory_than_images_of_1_MB(int jobs)
    {
        if (!OperatingSystem.IsLinux()) Assert.Ignore("Peak memory is read from /proc.");

        var small = await PeakOf(jobs, 1 * Megabyte);
        var large = await PeakOf(jobs, 25 * Megabyte);

        await TestContext.Progress.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{jobs} jobs at once: peak memory {small} MB with images of 1 MB, {large} MB with images of 25 MB, ")
            + string.Create(CultureInfo.InvariantCulture, $"ratio {(double)large / small:0.00}"));
        Assert.That((double)large / small, Is.LessThanOrEqualTo(RatioMax));
    }

    /// <returns>In megabytes, of an app that does nothing else, when all jobs are at once in its worker.</returns>
    private static async Task<long> PeakOf(int jobs, long imageBytes)
    {
        await using var storage = await StorageOnDisk.Start();
        await using var app = await App.Start(
            new SimulatorOptions { Port = 0, Latency = 0, SmallImages = true, ImageBytes = imageBytes },
            ("AzureWebJobsStorage", storage.ConnectionString), ("Jobs__LeaseDuration", "00:02:00"), ("Jobs__ResendAfter", "01:00:00"));
        var account = await app.NewAccount(credits: jobs * 8);

        // Half of them in each lane: a lane alone takes 24 at once. All wait for the API together, then their images come together.
        var ids = await Task.WhenAll(Enumerable.Range(0, jobs).Select(n => account.Submit(
            new { prompt = $"A mural for wall number {n} [[slow:4]]", model = n % 2 == 0 ? "512" : "4k" })));
        foreach (var id in ids)
        {
            var job = await account.Finished(id);
            Assert.That(job.GetProperty("images")[0].GetProperty("bytes").GetInt64(), Is.EqualTo(imageBytes), job.ToString());
        }

        Assert.That(app.ImageApi.Stats.InFlightMax, Is.EqualTo(jobs), "calls at once");
        return PeakMemory.Megabytes(app.Process.Id);
    }
}
