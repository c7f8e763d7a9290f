using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>Receives messages while there is room, and hands each to its own flow.</summary>
internal sealed partial class QueueListener(
    Function function, StorageAccounts accounts, QueueMessageFlow flow, HostJson hostJson, HostSetup setup, ILogger<QueueListener> logger)
    : IListener
{
    private readonly QueueName trigger = (QueueName)function.Trigger;
    private readonly QueueClient queue = QueueOf(accounts, function);
    private readonly BackOff backOff = new(setup.Times.QueuePollingMin, hostJson.Queues.MaxPollingInterval, Random.Shared);
    private readonly List<Task> inFlight = [];

    public async Task Run(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var wait = await Poll(stop);
                if (wait > TimeSpan.Zero) await Task.Delay(wait, setup.Clock, stop);
                await RoomForABatch(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Task.WhenAll(inFlight);
        }
    }

    /// <returns>How long to wait for the next poll; nothing after a message, as there may be more.</returns>
    private async Task<TimeSpan> Poll(CancellationToken stop)
    {
        try
        {
            // Not cancelable: a response lost on the way would leave its messages hidden for a whole lease.
            var messages = await queue.ReceiveMessagesAsync(hostJson.Queues.BatchSize, setup.Times.QueueLease, CancellationToken.None);
            if (messages.Value.Length == 0) return backOff.Next();
            if (stop.IsCancellationRequested)
            {
                await HandBack(messages.Value);
                return TimeSpan.Zero;
            }

            backOff.Reset();
            inFlight.AddRange(messages.Value.Select(message => flow.Process(function, message)));
            return TimeSpan.Zero;
        }
        catch (RequestFailedException e) when (e.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            return backOff.Next();
        }
        catch (Exception e)
        {
            // The boundary of the listener: an outage of the storage must not end it.
            var wait = backOff.Next();
            Log.PollFailed(logger, e, trigger.Name, wait);
            return wait;
        }
    }

    /// <summary>What was on its way while the host was told to stop is for the next host, now and not after a lease.</summary>
    private async Task HandBack(QueueMessage[] messages)
    {
        foreach (var message in messages)
            await queue.UpdateMessageAsync(message.MessageId, message.PopReceipt, (string?)null, TimeSpan.Zero, CancellationToken.None);
    }

    private async Task RoomForABatch(CancellationToken stop)
    {
        inFlight.RemoveAll(task => task.IsCompleted);
        while (inFlight.Count > hostJson.Queues.NewBatchThreshold)
        {
            await Task.WhenAny(inFlight).WaitAsync(stop);
            inFlight.RemoveAll(task => task.IsCompleted);
        }

        stop.ThrowIfCancellationRequested();
    }

    private static QueueClient QueueOf(StorageAccounts accounts, Function function)
    {
        var trigger = (QueueName)function.Trigger;
        return accounts.QueuesToPoll(trigger.Connection, function.Name).GetQueueClient(trigger.Name);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Polling the queue {Queue} failed; the next try is in {Wait}.")]
        public static partial void PollFailed(ILogger logger, Exception e, string queue, TimeSpan wait);
    }
}
