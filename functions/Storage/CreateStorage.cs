using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Hosting;

namespace Pipeline.Storage;

/// <summary>Makes the tables, containers and queues that are not there, before anything is triggered.</summary>
/// <remarks>
/// Not in <see cref="StartAsync"/>: services start one after the other as they were added, and the worker, which was added first, takes
/// work from the host as soon as it has started.
/// </remarks>
public sealed class CreateStorage(TableServiceClient tables, BlobServiceClient blobs, QueueServiceClient queues) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken) => await Task.WhenAll(
        Task.WhenAll(StorageNames.Tables.Select(table => tables.CreateTableIfNotExistsAsync(table, cancellationToken))),
        CreateContainer(StorageNames.ManifestsContainer, cancellationToken),
        CreateContainer(StorageNames.OutputsContainer, cancellationToken),
        CreateContainer(StorageNames.ReferencesContainer, cancellationToken),
        Task.WhenAll(StorageNames.Queues.Select(queue => CreateQueue(queue, cancellationToken))),
        // The host makes them when it needs them; the sweeper looks into them every minute from now on.
        Task.WhenAll(StorageNames.Queues.Select(queue => CreateQueue(StorageNames.PoisonOf(queue), cancellationToken))));

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    // Asked first: creating what is there would be logged as a failed request at every start.
    private async Task CreateContainer(string name, CancellationToken cancel)
    {
        var container = blobs.GetBlobContainerClient(name);
        if (!await container.ExistsAsync(cancel)) await container.CreateIfNotExistsAsync(cancellationToken: cancel);
    }

    private async Task CreateQueue(string name, CancellationToken cancel)
    {
        var queue = queues.GetQueueClient(name);
        if (!await queue.ExistsAsync(cancel)) await queue.CreateIfNotExistsAsync(cancellationToken: cancel);
    }
}
