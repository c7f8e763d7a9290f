using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Azure.Data.Tables;
using Local.Up;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;
using Spectre.Console;

namespace Pipeline.Bench;

/// <summary>
/// Holds for new jobs in one account: how many are written in a second and what they cost in transactions, by the product's ledger and by
/// plain optimistic concurrency.
/// </summary>
internal static class MeasureCommits
{
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(6);
    private static readonly int[] Writers = [1, 4, 16, 32];

    public static async Task Run(CancellationToken cancel)
    {
        var modules = await AzuriteInstall.Ensure(Checkout.PathTo("local", "up"), Console.Error.WriteLine, cancel);
        var table = new Table().Border(TableBorder.Markdown)
            .AddColumns("writers", "ledger", "holds/s", "x plain", "wasted per hold", "requests per hold", "p50 ms", "p95 ms");
        foreach (var column in table.Columns.Skip(2)) column.RightAligned();
        foreach (var writers in Writers)
        {
            var plain = await Measure(modules, "plain", writers, cancel);
            var group = await Measure(modules, "group commit", writers, cancel);
            Measured[] all = writers == 1 ? [plain, group] : [plain, group, await Measure(modules, "in 2 processes", writers, cancel)];
            foreach (var one in all)
            {
                table.AddRow(
                    Text($"{writers}"), one.Name, Text($"{one.PerSecond:0}"), Text($"{one.PerSecond / plain.PerSecond:0.0}"),
                    Text($"{one.Wasted:0.00}"), Text($"{one.Requests:0.00}"), Text($"{one.P50:0.0}"), Text($"{one.P95:0.0}"));
            }
        }

        AnsiConsole.Profile.Width = 140;
        AnsiConsole.Write(table);
    }

    /// <summary>Each on a storage of its own, for Azurite becomes slower the more rows there are.</summary>
    private static async Task<Measured> Measure(string modules, string name, int writers, CancellationToken cancel)
    {
        await using var azurite = await Azurite.Start(modules, FreePorts.Find(3), data: null, [Azurite.DefaultAccount], cancel);
        var (storage, account, count) = (azurite.ConnectionString(), AccountId.Parse("bench"), new CountTransactions());
        var tables = new TableServiceClient(storage);
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable, cancel);
        await NewLedger(tables).Open(account, new Transfer(TransferKind.Grant, 1_000_000_000, "first"), cancel);

        Ledger[] processes = [NewLedger(count.Client(storage)), NewLedger(count.Client(storage))];
        var plain = new PlainLedger(count.Client(storage));
        Func<int, Decide, Task> commit = name switch
        {
            "plain" => (_, decide) => plain.Commit(account, decide, cancel),
            "group commit" => (_, decide) => processes[0].Commit(account, decide, cancel),
            _ => (writer, decide) => processes[writer % 2].Commit(account, decide, cancel),
        };
        await Write(commit, account, writers, WarmUp);
        var (requests, failed) = (count.Requests, count.Failed);
        var begun = Stopwatch.GetTimestamp();
        var times = await Write(commit, account, writers, Time);
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        var sorted = times.Order().ToList();
        return new Measured(
            name, times.Count / seconds, (double)(count.Failed - failed) / times.Count, (double)(count.Requests - requests) / times.Count,
            sorted[sorted.Count / 2], sorted[sorted.Count * 95 / 100]);
    }

    /// <summary>Each writer holds for one job after the other.</summary>
    /// <returns>How long each hold took, in ms.</returns>
    private static async Task<ConcurrentBag<double>> Write(Func<int, Decide, Task> commit, AccountId account, int writers, TimeSpan time)
    {
        var times = new ConcurrentBag<double>();
        var request = new JobRequest { Prompt = "A postcard of a town by the sea", Model = Catalogue.Load().Default, Num = 1 };
        var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, writers).Select(async writer =>
        {
            while (Stopwatch.GetTimestamp() < end)
            {
                var now = TimeProvider.System.GetUtcNow();
                var job = NewJob.From(account, JobId.New(now), request, null, now);
                var begun = Stopwatch.GetTimestamp();
                await commit(writer, books => AcceptJob.Hold(books, job, now));
                times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
            }
        }));
        return times;
    }

    private static Ledger NewLedger(TableServiceClient tables) =>
        new(tables, TimeProvider.System, Random.Shared, NullLogger<Ledger>.Instance);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Measured(string Name, double PerSecond, double Wasted, double Requests, double P50, double P95);
}
