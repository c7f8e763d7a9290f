using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Local.ImageApi;
using Local.Up;
using Spectre.Console;

namespace Pipeline.Bench;

/// <summary>
/// Manifests of several sizes, each on an Azurite of its own: how many jobs a second, how much memory, and how long the single jobs of
/// another account wait meanwhile.
/// </summary>
internal static class MeasureManifests
{
    private const int CreditsPerJob = 4;
    private const int IdleJobs = 30;

    private static readonly TimeSpan BetweenSingles = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan PollAfter = TimeSpan.FromMilliseconds(20);

    public static async Task Run(IReadOnlyList<int> sizes, CancellationToken cancel)
    {
        var modules = await AzuriteInstall.Ensure(Checkout.PathTo("local", "up"), Console.Error.WriteLine, cancel);
        var found = new List<Measured>();
        foreach (var size in sizes) found.Add(await Measure(modules, size, cancel));
        Show(found);
    }

    private static async Task<Measured> Measure(string modules, int jobs, CancellationToken cancel)
    {
        await using var azurite = await Azurite.Start(modules, FreePorts.Find(3), data: null, [Azurite.DefaultAccount], cancel);
        await using var simulator = await Simulator.Start(new SimulatorOptions { Port = 0, Latency = 0, SmallImages = true }, cancel);
        await using var app = await BenchApp.Start(azurite.ConnectionString(), simulator, cancel);
        var (many, manyKey) = await BenchApp.OpenAccount(app, "many", (long)jobs * CreditsPerJob, cancel);
        var (_, singleKey) = await BenchApp.OpenAccount(app, "single", 1_000_000, cancel);
        using var manifests = BenchApp.Client(app, manyKey);
        using var singles = BenchApp.Client(app, singleKey);

        var idle = new List<TimeSpan>();
        for (var n = 0; n < IdleJobs; n++)
        {
            idle.Add(await WaitForOne(singles, cancel));
            await Task.Delay(BetweenSingles, cancel);
        }

        Console.Error.WriteLine($"A manifest of {jobs:N0} jobs …");
        await Drop(azurite.ConnectionString(), many.Value, jobs, cancel);
        var watch = Stopwatch.StartNew();
        var meanwhile = new List<TimeSpan>();
        JsonElement manifest = default;
        do
        {
            await Task.Delay(BetweenSingles, cancel);
            if (jobs > 1000) meanwhile.Add(await WaitForOne(singles, cancel));
            // By its id, which costs Azurite least of all.
            manifest = manifest.ValueKind == JsonValueKind.Undefined
                ? (await manifests.GetFromJsonAsync<JsonElement>("v1/manifests", cancel)).GetProperty("data").EnumerateArray()
                    .FirstOrDefault()
                : await manifests.GetFromJsonAsync<JsonElement>($"v1/manifests/{manifest.GetProperty("id").GetString()}", cancel);
        }
        while (manifest.ValueKind == JsonValueKind.Undefined || manifest.GetProperty("finished_at").ValueKind == JsonValueKind.Null);

        var took = watch.Elapsed;
        var verified = await manifests.GetFromJsonAsync<JsonElement>("v1/credits/verify", cancel);
        return new Measured(
            jobs, manifest.GetProperty("counts").GetProperty("succeeded").GetInt32(), verified.GetProperty("ok").GetBoolean(), took,
            PeakMegabytes(app.Id), idle, meanwhile);
    }

    private static async Task Drop(string storage, string account, int jobs, CancellationToken cancel)
    {
        var file = new StringBuilder();
        for (var n = 0; n < jobs; n++) file.Append(BenchApp.ManifestLine(n));
        await new BlobServiceClient(storage).GetBlobContainerClient("manifests").GetBlobClient($"{account}/towns.jsonl")
            .UploadAsync(BinaryData.FromString(file.ToString()), cancel);
    }

    /// <summary>From the request to the first look that finds it done.</summary>
    private static async Task<TimeSpan> WaitForOne(HttpClient http, CancellationToken cancel)
    {
        var start = Stopwatch.GetTimestamp();
        using var answer = await http.PostAsJsonAsync("v1/jobs", new { prompt = "A cat on a mat" }, cancel);
        var job = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancel);
        while (job.GetProperty("finished_at").ValueKind == JsonValueKind.Null)
        {
            await Task.Delay(PollAfter, cancel);
            job = await http.GetFromJsonAsync<JsonElement>($"v1/jobs/{job.GetProperty("id").GetString()}", cancel);
        }

        return Stopwatch.GetElapsedTime(start);
    }

    private static long PeakMegabytes(int process)
    {
        if (!OperatingSystem.IsLinux()) return 0;
        var line = File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static void Show(List<Measured> found)
    {
        var table = new Table().Border(TableBorder.Markdown).AddColumns(
            "jobs", "succeeded", "books right", "seconds", "jobs/s", "x first row", "peak MB", "single, idle p50 ms", "meanwhile p50 ms",
            "x idle");
        foreach (var column in table.Columns) column.RightAligned();
        foreach (var measured in found)
        {
            table.AddRow(
                Text($"{measured.Jobs:N0}"), Text($"{measured.Succeeded:N0}"), measured.IsRight ? "yes" : "NO",
                Text($"{measured.Took.TotalSeconds:0}"), Text($"{measured.Rate:0.0}"), Text($"{measured.Rate / found[0].Rate:0.00}"),
                Text($"{measured.PeakMegabytes}"), Text($"{Median(measured.Idle):0}"),
                measured.Meanwhile.Count == 0 ? "" : Text($"{Median(measured.Meanwhile):0}"),
                measured.Meanwhile.Count == 0 ? "" : Text($"{Median(measured.Meanwhile) / Median(measured.Idle):0.0}"));
        }

        AnsiConsole.Profile.Width = 160;
        AnsiConsole.Write(table);
    }

    private static double Median(List<TimeSpan> times) => times.Order().ElementAt(times.Count / 2).TotalMilliseconds;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Measured(
        int Jobs, int Succeeded, bool IsRight, TimeSpan Took, long PeakMegabytes, List<TimeSpan> Idle, List<TimeSpan> Meanwhile)
    {
        public double Rate => Jobs / Took.TotalSeconds;
    }
}
