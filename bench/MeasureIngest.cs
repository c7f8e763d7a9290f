using System.Diagnostics;
using System.Globalization;
using System.Text;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Local.ImageApi;
using Local.Up;
using Pipeline.Storage;

namespace Pipeline.Bench;

/// <summary>How long it takes from a dropped file until each of its lines is a job.</summary>
internal static class MeasureIngest
{
    public static async Task Run(int lines, CancellationToken cancel)
    {
        var modules = await AzuriteInstall.Ensure(Checkout.PathTo("local", "up"), Console.Error.WriteLine, cancel);
        await using var azurite = await Azurite.Start(modules, FreePorts.Find(3), data: null, [Azurite.DefaultAccount], cancel);
        // So slow that no job is done meanwhile.
        await using var simulator = await Simulator.Start(new SimulatorOptions { Port = 0, Latency = 100, SmallImages = true }, cancel);
        await using var app = await BenchApp.Start(azurite.ConnectionString(), simulator, cancel);
        var (account, _) = await BenchApp.OpenAccount(app, "bench", lines * 4L, cancel);

        var file = new StringBuilder();
        for (var n = 0; n < lines; n++) file.Append(BenchApp.ManifestLine(n));
        await new BlobServiceClient(azurite.ConnectionString()).GetBlobContainerClient("manifests").GetBlobClient($"{account}/towns.jsonl")
            .UploadAsync(BinaryData.FromString(file.ToString()), cancel);

        var table = new TableServiceClient(azurite.ConnectionString()).GetTableClient(StorageNames.LedgerTable);
        var filter = LedgerKeys.Filter(account.Value, LedgerKeys.Manifest(""));
        var watch = Stopwatch.StartNew();
        var accepted = TimeSpan.Zero;
        for (var created = 0; created < lines;)
        {
            await Task.Delay(500, cancel);
            await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancel))
            {
                if (row.GetString("State") == "Rejected") throw new InvalidOperationException(row.GetString("Refusal"));
                if (accepted == TimeSpan.Zero && row.GetString("State") == "Running") accepted = watch.Elapsed;
                created = row.GetInt32("Created") ?? 0;
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{lines:N0} lines: priced and held after {accepted.TotalSeconds:0} s, created after {watch.Elapsed.TotalSeconds:0} s"));
    }
}
