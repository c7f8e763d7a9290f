using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Local.ImageApi;
using Local.Up;

namespace Pipeline.Bench;

/// <summary>
/// Pages of <c>GET /v1/jobs</c>: how long they take beside the reading of one job, and how often storage is asked for each.
/// </summary>
internal static class MeasureLists
{
    private const int Jobs = 5_000;
    private const int WarmUps = 20;
    private const int Rounds = 200;
    private const int CountedRounds = 20;

    public static async Task Run(CancellationToken cancel)
    {
        var modules = await AzuriteInstall.Ensure(Checkout.PathTo("local", "up"), Console.Error.WriteLine, cancel);
        await using var azurite = await Azurite.Start(modules, FreePorts.Find(3), data: null, [Azurite.DefaultAccount], cancel);
        await using var simulator = await Simulator.Start(new SimulatorOptions { Port = 0, Latency = 0 }, cancel);

        List<Page> pages;
        string apiKey;
        await using (var app = await BenchApp.Start(azurite.ConnectionString(), simulator, cancel))
        {
            (var account, apiKey) = await BenchApp.OpenAccount(app, "bench", 0, cancel);
            Console.Error.WriteLine($"Writing {Jobs:N0} jobs with their entries into storage …");
            var filled = await FillJobs.Run(azurite.ConnectionString(), account, Jobs, cancel);
            using var http = BenchApp.Client(app, apiKey);
            pages = await Pages(http, filled, cancel);
            Console.Error.WriteLine($"{Rounds} rounds of {pages.Count} requests, one after the other …");
            await Time(http, pages, cancel);
        }

        await using var proxy = new CountingProxy(azurite.BlobPort + 2);
        var counted = azurite.ConnectionString().Replace(
            $"TableEndpoint=http://127.0.0.1:{azurite.BlobPort + 2}/", $"TableEndpoint=http://127.0.0.1:{proxy.Port}/",
            StringComparison.Ordinal);
        await using (var app = await BenchApp.Start(counted, simulator, cancel))
        {
            using var http = BenchApp.Client(app, apiKey);
            await Count(http, pages, proxy, cancel);
        }

        ShowTable.Of(pages, Jobs, Rounds);
    }

    private static async Task<List<Page>> Pages(HttpClient http, Filled filled, CancellationToken cancel)
    {
        var deep = "";
        for (var read = 0; read < Jobs * 9 / 10; read += 100)
        {
            var page = await http.GetFromJsonAsync<JsonElement>($"v1/jobs?limit=100{deep}", cancel);
            deep = $"&cursor={page.GetProperty("next_cursor").GetString()}";
        }

        var time = filled.Middle.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        return
        [
            new("one job by its id", $"v1/jobs/{filled.OneJob}"),
            new("newest 20", "v1/jobs"),
            new("newest 100", "v1/jobs?limit=100"),
            new("20, status=failed (1 of 10)", "v1/jobs?status=failed"),
            new("20, model=4k (1 of 4)", "v1/jobs?model=4k"),
            new("20, manifest=… (1 of 10)", $"v1/jobs?manifest={filled.Manifest}"),
            new("20 before the middle", $"v1/jobs?created_before={time}"),
            new("20, 4,500 deep", $"v1/jobs?limit=20{deep}"),
        ];
    }

    /// <summary>Each round asks for each page once, so that what else the machine does falls on all alike.</summary>
    private static async Task Time(HttpClient http, List<Page> pages, CancellationToken cancel)
    {
        for (var round = -WarmUps; round < Rounds; round++)
        {
            foreach (var page in pages)
            {
                var start = Stopwatch.GetTimestamp();
                using var answer = await http.GetAsync(page.Path, cancel);
                var body = await answer.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync(cancel);
                if (round < 0) page.Rows = RowsOf(body);
                else page.Times.Add(Stopwatch.GetElapsedTime(start));
            }
        }
    }

    private static async Task Count(HttpClient http, List<Page> pages, CountingProxy proxy, CancellationToken cancel)
    {
        // The first request of a key looks it up.
        await http.GetAsync(pages[0].Path, cancel);
        foreach (var page in pages)
        {
            var before = proxy.Requests;
            for (var round = 0; round < CountedRounds; round++) await http.GetAsync(page.Path, cancel);
            page.StorageRequests = (proxy.Requests - before) / (double)CountedRounds;
        }
    }

    private static int RowsOf(byte[] body)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.TryGetProperty("data", out var data) ? data.GetArrayLength() : 1;
    }
}

/// <summary>A request, and what was measured of it.</summary>
internal sealed record Page(string Name, string Path)
{
    public List<TimeSpan> Times { get; } = [];

    public int Rows { get; set; }

    public double StorageRequests { get; set; }
}
