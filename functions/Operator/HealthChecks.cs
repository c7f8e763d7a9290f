using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>Asks what the app needs whether it is there, at most every few seconds however often it is asked itself.</summary>
public sealed class HealthChecks(
    TableServiceClient tables, BlobServiceClient blobs, QueueServiceClient queues, ImageApi api, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan KeepFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim turn = new(1, 1);
    private Health? latest;

    public async Task<Health> Latest(CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            if (latest is { } known && known.CheckedAt + KeepFor > time.GetUtcNow()) return known;
            var checks = await Task.WhenAll(
                Check("tables", stop => Task.WhenAll(StorageNames.Tables.Select(table => AskTable(table, stop))), cancel),
                Check("blobs", stop => blobs.GetBlobContainerClient(StorageNames.OutputsContainer)
                    .GetPropertiesAsync(cancellationToken: stop), cancel),
                Check("queues", stop => queues.GetQueueClient(StorageNames.StandardQueue).GetPropertiesAsync(stop), cancel),
                Check("image_api", api.Reach, cancel));
            return latest = new Health(time.GetUtcNow(), checks);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    /// <summary>A row that is not there is an answer; to a query, a table that is not there is none.</summary>
    private async Task AskTable(string name, CancellationToken cancel)
    {
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {"health"}");
        await foreach (var _ in tables.GetTableClient(name).QueryAsync<TableEntity>(filter, 1, cancellationToken: cancel)) return;
    }

    private async Task<HealthCheck> Check(string name, Func<CancellationToken, Task> ask, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var timer = time.CreateTimer(_ => limit.Cancel(), null, AnswerWithin, Timeout.InfiniteTimeSpan);
        try
        {
            await ask(limit.Token);
            return new HealthCheck(name, true);
        }
        // Whatever keeps it from answering is the finding; it is reported, not handled.
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            return new HealthCheck(name, false);
        }
    }
}
