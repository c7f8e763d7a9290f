using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Pipeline.HostTests.Host.Rpc;

namespace Pipeline.HostTests.Host;

/// <summary>Takes messages from a function's queue as the host's extension does.</summary>
internal sealed class QueueListener(MiniHost host, HostedFunction function, string storage, HostSettings settings)
{
    /// <summary>How long a message that is worked on stays hidden: the extension's own number.</summary>
    private static readonly TimeSpan HiddenFor = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan PollAfter = TimeSpan.FromMilliseconds(100);

    private readonly QueueClient queue = new(storage, function["queueName"], new QueueClientOptions
    {
        MessageEncoding = settings.IsBase64 ? QueueMessageEncoding.Base64 : QueueMessageEncoding.None,
    });

    public async Task Run(CancellationToken cancel)
    {
        var working = new List<Task>();
        while (!cancel.IsCancellationRequested)
        {
            working.RemoveAll(task => task.IsCompleted);
            var messages = await Receive(settings.BatchSize - working.Count);
            working.AddRange(messages.Select(Work));
            if (messages.Length == 0) await Task.Delay(PollAfter, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(working);
    }

    private async Task<QueueMessage[]> Receive(int count)
    {
        try
        {
            return count <= 0 ? [] : (await queue.ReceiveMessagesAsync(count, HiddenFor, CancellationToken.None)).Value;
        }
        catch (RequestFailedException e) when (e.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            return [];
        }
    }

    private async Task Work(QueueMessage message)
    {
        try
        {
            var result = await host.Invoke(function, request => TriggerData.AddMessage(request, function.Parameter, message));
            if (result.Status == StatusResult.Types.Status.Success) await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
            else if (message.DequeueCount >= settings.MaxDequeueCount) await Poison(message);
            else await queue.UpdateMessageAsync(message.MessageId, message.PopReceipt, visibilityTimeout: settings.VisibilityTimeout);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or RequestFailedException)
        {
            // The worker is gone: the message comes again.
        }
    }

    private async Task Poison(QueueMessage message)
    {
        var poison = new QueueClient(
            storage, function["queueName"] + "-poison", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        await poison.CreateIfNotExistsAsync();
        await poison.SendMessageAsync(message.Body, timeToLive: TimeSpan.FromSeconds(-1));
        await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
    }
}
