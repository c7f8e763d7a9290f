using System.Diagnostics;
using System.Globalization;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Local.Up;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.Images;
using Pipeline.Jobs;
using Spectre.Console;

namespace Pipeline.Bench;

/// <summary>The proof of an account's books: how long it takes, and how much memory, for books of different lengths.</summary>
internal static class MeasureVerify
{
    private const string Key = "a key of at least thirty-two characters";

    private static readonly int[] Entries = [1_000, 10_000, 100_000];

    public static async Task Run(CancellationToken cancel)
    {
        var modules = await AzuriteInstall.Ensure(Checkout.PathTo("local", "up"), Console.Error.WriteLine, cancel);
        var table = new Table().Border(TableBorder.Markdown)
            .AddColumns("entries", "from", "seconds", "entries/s", "peak MB more than before");
        foreach (var column in table.Columns.Skip(2)) column.RightAligned();
        foreach (var count in Entries)
        {
            await using var azurite = await Azurite.Start(modules, FreePorts.Find(3), data: null, [Azurite.DefaultAccount], cancel);
            var (storage, account) = (azurite.ConnectionString(), AccountId.Parse("bench"));
            var middle = await FillBooks.Run(storage, account, count, cancel);
            var audit = new AuditAccount(
                new TableServiceClient(storage), new BlobServiceClient(storage), new JobRow(Catalogue.Load()),
                new AuditOptions { CheckpointKey = Key }, TimeProvider.System);
            foreach (var from in (Checkpoint?[])[null, middle])
            {
                var (seconds, peak) = await Measure(() => audit.Run(account, from, withImages: false, cancel));
                var looked = count - (from?.Version ?? 0);
                table.AddRow(
                    Text($"{count:N0}"), from is null ? "entry 1" : Text($"a checkpoint at {from.Version:N0}"), Text($"{seconds:0.0}"),
                    Text($"{looked / seconds:N0}"), Text($"{peak:0}"));
            }
        }

        AnsiConsole.Profile.Width = 120;
        AnsiConsole.Write(table);
    }

    private static async Task<(double Seconds, double PeakMegabytes)> Measure(Func<Task<Audited>> verify)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var peak = before;
        using var stop = new CancellationTokenSource();
        // What lives, not what is about to be collected.
        var sampling = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true));
                await Task.Delay(200);
            }
        });
        var begun = Stopwatch.GetTimestamp();
        var found = await verify();
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        await stop.CancelAsync();
        await sampling;
        var wrong = found.Checks.Where(check => !check.Ok || check.Skipped).Select(check => $"{check.Name}: {check.Detail}").ToList();
        return wrong.Count == 0
            ? (seconds, (peak - before) / 1e6)
            : throw new InvalidOperationException($"The books are not right: {string.Join("; ", wrong)}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
