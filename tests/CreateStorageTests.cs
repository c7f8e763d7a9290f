using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Pipeline.Storage;

namespace Pipeline.Tests;

public sealed class CreateStorageTests
{
    [Test]
    public async Task Storage_is_there_before_a_worker_that_was_added_first_takes_work()
    {
        var connection = Storage.NewAccount();
        var blobs = new BlobServiceClient(connection);
        var worker = new Worker(blobs.GetBlobContainerClient(StorageNames.OutputsContainer));
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services
            .AddSingleton(new TableServiceClient(connection)).AddSingleton(blobs).AddSingleton(new QueueServiceClient(connection))
            .AddHostedService(_ => worker)
            .AddHostedService<CreateStorage>();
        using var host = builder.Build();

        await host.StartAsync();

        Assert.That(worker.FoundStorage, Is.True);
    }

    private sealed class Worker(BlobContainerClient container) : IHostedService
    {
        public bool FoundStorage { get; private set; }

        public async Task StartAsync(CancellationToken cancellationToken) => FoundStorage = await container.ExistsAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
