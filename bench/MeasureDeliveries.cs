using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Local.ImageApi;
using Local.Up;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Spectre.Console;

namespace Pipeline.Bench;

/// <summary>
/// How long an event takes from its job's end to its endpoint: on an idle system, and with 20 accounts of which one has an endpoint that
/// never answers.
/// </summary>
internal static class MeasureDeliveries
{
    private const int Accounts = 20;
    private const int IdleJobs = 30;
    private const int Rounds = 2;
    private const int EventsPerRound = 20;

    /// <summary>The account that may be dead has more events than all places of a host: 2.5 a second, each held for 15 s.</summary>
    private const int TimesAsMany = 5;

    private static readonly TimeSpan BetweenIdle = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BetweenEvents = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(20);

    public static async Task Run(CancellationToken cancel)
    {
        var modules = await AzuriteInstall.Ensure(Checkout.PathTo("local", "up"), Console.Error.WriteLine, cancel);
        await using var azurite = await Azurite.Start(modules, FreePorts.Find(3), data: null, [Azurite.DefaultAccount], cancel);
        await using var simulator = await Simulator.Start(new SimulatorOptions { Port = 0, Latency = 0, SmallImages = true }, cancel);
        await using var app = await BenchApp.Start(azurite.ConnectionString(), simulator, cancel);
        var endpoint = new Endpoint(FreePorts.Find());
        await using var web = await endpoint.Start(cancel);
        var clients = new List<HttpClient>();
        for (var number = 0; number < Accounts; number++)
        {
            var (_, key) = await BenchApp.OpenAccount(app, $"account-{number}", 1_000_000, cancel);
            clients.Add(BenchApp.Client(app, key));
            using var saved = await clients[^1].PutAsJsonAsync("v1/webhook", new { url = endpoint.Url(number) }, cancel);
            saved.EnsureSuccessStatusCode();
        }

        var idle = await Idle(clients[0], endpoint, cancel);
        var (without, with) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var round = 0; round < Rounds; round++)
        {
            endpoint.DeadNumber = -1;
            without.AddRange(await Round(clients, endpoint, cancel));
            endpoint.DeadNumber = Accounts - 1;
            with.AddRange(await Round(clients, endpoint, cancel));
        }

        Show(idle, without, with);
        foreach (var client in clients) client.Dispose();
    }

    private static async Task<List<TimeSpan>> Idle(HttpClient client, Endpoint endpoint, CancellationToken cancel)
    {
        Console.Error.WriteLine($"{IdleJobs} jobs, one after the other …");
        for (var n = 0; n < IdleJobs; n++)
        {
            await Task.Delay(BetweenIdle, cancel);
            using var answer = await client.PostAsJsonAsync("v1/jobs", new { prompt = "A cat on a mat", model = "512" }, cancel);
            answer.EnsureSuccessStatusCode();
        }

        await Task.Delay(BetweenIdle, cancel);
        return endpoint.Take(number: 0);
    }

    /// <summary>The delays of all accounts but the last, whose endpoint may be dead.</summary>
    private static async Task<List<TimeSpan>> Round(List<HttpClient> clients, Endpoint endpoint, CancellationToken cancel)
    {
        var dead = endpoint.DeadNumber < 0 ? "none" : "one";
        Console.Error.WriteLine($"{EventsPerRound} events of each of {Accounts} accounts, {dead} dead …");
        for (var n = 0; n < EventsPerRound; n++)
        {
            var asking = clients.Concat(Enumerable.Repeat(clients[^1], TimesAsMany - 1));
            await Task.WhenAll(Task.Delay(BetweenEvents, cancel), Parallel.ForEachAsync(asking, cancel, async (client, stop) =>
            {
                using var answer = await client.PostAsync("v1/webhook/test", null, stop);
                answer.EnsureSuccessStatusCode();
            }));
        }

        await Task.Delay(Settle, cancel);
        var delays = Enumerable.Range(0, Accounts - 1).SelectMany(endpoint.Take).ToList();
        endpoint.Take(Accounts - 1);
        return delays;
    }

    private static void Show(List<TimeSpan> idle, List<TimeSpan> without, List<TimeSpan> with)
    {
        var table = new Table().Border(TableBorder.Markdown).AddColumns("", "events", "p50 ms", "p95 ms", "max ms", "p95 : none dead");
        foreach (var column in table.Columns.Skip(1)) column.RightAligned();
        Add("idle, one by one", idle, null);
        Add("20 accounts, none dead", without, without);
        Add("the 19 others of one dead", with, without);
        AnsiConsole.Write(table);

        void Add(string what, List<TimeSpan> delays, List<TimeSpan>? compared)
        {
            delays.Sort();
            var ratio = compared is null ? "" : Text($"{At(delays, 0.95) / At(compared, 0.95):0.00}");
            table.AddRow(
                what, Text($"{delays.Count}"), Text($"{At(delays, 0.5):0}"), Text($"{At(delays, 0.95):0}"), Text($"{At(delays, 1):0}"),
                ratio);
        }
    }

    private static double At(List<TimeSpan> sorted, double share) => sorted[(int)((sorted.Count - 1) * share)].TotalMilliseconds;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Receivers of all accounts, by their numbers, of which one may be dead.</summary>
    private sealed class Endpoint(int port)
    {
        private readonly ConcurrentDictionary<int, ConcurrentQueue<TimeSpan>> delays = new();

        public int DeadNumber { get; set; } = -1;

        public string Url(int number) => $"http://127.0.0.1:{port}/{number}";

        /// <summary>From each event to its arrival, and forgets them.</summary>
        public List<TimeSpan> Take(int number) => delays.TryRemove(number, out var taken) ? [.. taken] : [];

        public async Task<WebApplication> Start(CancellationToken cancel)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.Services.AddRoutingCore();
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
            var web = builder.Build();
            web.MapPost("/{number:int}", Receive);
            await web.StartAsync(cancel);
            return web;
        }

        private async Task Receive(HttpContext http, int number)
        {
            var body = await http.Request.ReadFromJsonAsync<JsonElement>();
            if (number == DeadNumber)
            {
                await Task.Delay(Timeout.Infinite, http.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            var delay = DateTimeOffset.UtcNow - body.GetProperty("timestamp").GetDateTimeOffset();
            delays.GetOrAdd(number, _ => new()).Enqueue(delay);
        }
    }
}
