using Azure.Storage.Queues;
using Local.FunctionsWorker;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.FunctionsWorker;

/// <summary>A storage account with a queue <c>images</c>, and apps that work on it with a function that the test writes.</summary>
internal sealed class QueueApp
{
    private readonly QueueServiceClient plain;

    private QueueApp(string account)
    {
        Account = account;
        plain = new QueueServiceClient(account, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.None });
        Images = new QueueClient(account, "images", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
    }

    public string Account { get; }

    /// <summary>Sends and reads base64, as the default of <c>host.json</c> wants it.</summary>
    public QueueClient Images { get; }

    public static async Task<QueueApp> Create()
    {
        var app = new QueueApp(Storage.NewAccount());
        await app.Images.CreateAsync();
        return app;
    }

    public QueueClient Raw(string queue) => plain.GetQueueClient(queue);

    /// <summary>Starts an app whose function does what the test says.</summary>
    public Task<LocalApp> Start(
        Func<Delivery, Task> work, string queues = "", HostTimes? times = null, string? account = null,
        Action<FunctionsApplicationBuilder>? configure = null) =>
        LocalApp.Start(
            [typeof(Worker)],
            builder =>
            {
                builder.Services.AddSingleton(work);
                configure?.Invoke(builder);
            },
            setup => setup with { Times = times ?? setup.Times },
            $$"""{ "version": "2.0", "extensions": { "queues": { "maxPollingInterval": "00:00:00.2" {{queues}} } } }""",
            settings: ("AzureWebJobsStorage", account ?? Account));

    /// <summary>All messages of a queue, visible or not; none where there is no such queue.</summary>
    public async Task<int> Count(string queue)
    {
        if (!await Raw(queue).ExistsAsync()) return 0;
        return (await Raw(queue).GetPropertiesAsync()).Value.ApproximateMessagesCount;
    }

    public Task<string> PoisonBody() => Poison.First(Account, "images-poison");

    public Task IsEmpty() => Eventually.True(async () => await Count("images") == 0, "the queue is empty");

    public sealed record Delivery(string Text, long Try, CancellationToken Cancel);

    internal sealed class Worker(Func<Delivery, Task> work)
    {
        [Function("Work")]
        public Task Run([QueueTrigger("images")] string text, long dequeueCount, CancellationToken cancel) =>
            work(new Delivery(text, dequeueCount, cancel));
    }
}
