using System.Text;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>One message from receipt to its end: deleted, made visible again, or moved to the poison queue.</summary>
internal sealed partial class QueueMessageFlow(
    Invoker invoker, StorageAccounts accounts, IServiceScopeFactory scopes, HostJson hostJson, HostSetup setup, HostLife life,
    ILogger<QueueMessageFlow> logger)
{
    private const string PoisonSuffix = "-poison";

    private readonly QueueSettings settings = hostJson.Queues;

    public async Task Process(Function function, QueueMessage received)
    {
        var trigger = (QueueName)function.Trigger;
        var service = accounts.Queues(trigger.Connection, function.Name);
        var lease = new QueueLease(service.GetQueueClient(trigger.Name), received, setup, logger, life.Abandoned);
        try
        {
            // More tries than allowed: the process died in the last one, before it could move the message.
            if (received.DequeueCount > settings.MaxDequeueCount || Decode(received.Body) is not { } body)
            {
                Log.Undeliverable(logger, received.MessageId, trigger.Name, received.DequeueCount);
                await Poison(service, trigger.Name, received.Body, lease);
                return;
            }

            var outcome = await Invoke(function, trigger, received, body, lease);
            if (life.Abandoned.IsCancellationRequested) return;
            await Complete(outcome, service, trigger.Name, received, lease);
        }
        catch (Exception e)
        {
            // The storage failed, not the function: the lease ends by itself and the message is tried again.
            Log.LeftToItsLease(logger, e, received.MessageId, trigger.Name);
        }
    }

    private async Task<Outcome> Invoke(Function function, QueueName trigger, QueueMessage received, BinaryData body, QueueLease lease)
    {
        var message = QueuesModelFactory.QueueMessage(
            received.MessageId, received.PopReceipt, body, received.DequeueCount,
            received.NextVisibleOn, received.InsertedOn, received.ExpiresOn);
        await using var renewal = lease.KeepRenewing();
        await using var scope = scopes.CreateAsyncScope();
        return await invoker.Invoke(
            function, new QueueEvent(trigger.Name, message), scope.ServiceProvider, _ => Task.CompletedTask, CancellationToken.None);
    }

    private async Task Complete(Outcome outcome, QueueServiceClient service, string queue, QueueMessage received, QueueLease lease)
    {
        switch (outcome)
        {
            case Outcome.Succeeded:
                await lease.Delete();
                break;
            case Outcome.Failed when received.DequeueCount >= settings.MaxDequeueCount:
                Log.OutOfTries(logger, received.MessageId, queue, received.DequeueCount);
                await Poison(service, queue, received.Body, lease);
                break;
            case Outcome.Failed:
                await lease.Release(settings.VisibilityTimeout);
                break;
        }
    }

    /// <summary>Copies the body alone, then deletes. A crash in between leaves a second copy after the lease; none is lost.</summary>
    private static async Task Poison(QueueServiceClient service, string queue, BinaryData body, QueueLease lease)
    {
        await SendCreating(service.GetQueueClient(queue + PoisonSuffix), body);
        await lease.Delete();
    }

    /// <summary>Sends, and makes the queue first where there is none.</summary>
    public static async Task SendCreating(QueueClient queue, BinaryData body)
    {
        try
        {
            await queue.SendMessageAsync(body, cancellationToken: CancellationToken.None);
        }
        catch (RequestFailedException e) when (e.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            await queue.CreateIfNotExistsAsync(cancellationToken: CancellationToken.None);
            await queue.SendMessageAsync(body, cancellationToken: CancellationToken.None);
        }
    }

    /// <returns>The payload, or null where the body is not in the encoding that <c>host.json</c> says.</returns>
    private BinaryData? Decode(BinaryData body)
    {
        if (!settings.IsBase64) return body;
        try
        {
            return new BinaryData(Convert.FromBase64String(Encoding.UTF8.GetString(body)));
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error,
            "Message {Id} of {Queue} goes to the poison queue without a call: undecodable, or received too often ({Tries}).")]
        public static partial void Undeliverable(ILogger logger, string id, string queue, long tries);

        [LoggerMessage(LogLevel.Error, "Message {Id} of {Queue} goes to the poison queue after {Tries} tries.")]
        public static partial void OutOfTries(ILogger logger, string id, string queue, long tries);

        [LoggerMessage(LogLevel.Error, "Message {Id} of {Queue} is left to its lease, as the storage failed.")]
        public static partial void LeftToItsLease(ILogger logger, Exception e, string id, string queue);
    }
}
