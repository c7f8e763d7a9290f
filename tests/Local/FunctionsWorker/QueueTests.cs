using System.Collections.Concurrent;
using Azure.Storage.Queues;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class QueueTests
{
    [Test]
    public async Task A_message_is_read_as_JSON_and_deleted()
    {
        var account = Storage.NewAccount();
        var queue = new QueueClient(account, "images", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await queue.CreateAsync();
        var seen = new BlockingCollection<Work>();
        await using var app = await LocalApp.Start([typeof(Worker)], b => b.Services.AddSingleton(seen), settings: ("AzureWebJobsStorage", account));

        await queue.SendMessageAsync("""{"job":"j1"}""");

        Assert.That(seen.TryTake(out var work, 10_000), Is.True);
        Assert.That(work, Is.EqualTo(new Work("j1")));
        Assert.That(async () => (await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount, Is.Zero.After(5000, 50));
    }

    private sealed record Work(string Job);

    private sealed class Worker(BlockingCollection<Work> seen)
    {
        [Function("Work")]
        public Task Run([QueueTrigger("images")] Work work, CancellationToken cancel)
        {
            seen.Add(work, cancel);
            return Task.CompletedTask;
        }
    }
}
