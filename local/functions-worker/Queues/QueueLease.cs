using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>The right to a received message, with the pop receipt that each renewal replaces.</summary>
internal sealed partial class QueueLease(
    QueueClient queue, QueueMessage message, HostSetup setup, ILogger logger, CancellationToken abandoned)
{
    /// <summary>A renewal that failed is tried again after this part of the interval: a lease of 10 minutes allows several.</summary>
    private const int RetryPart = 5;

    private CancellationToken Abandoned => abandoned;

    private string popReceipt = message.PopReceipt;

    /// <summary>Renews until the returned value is disposed of; only then is the pop receipt that of the last renewal.</summary>
    public IAsyncDisposable KeepRenewing() => new Renewal(this);

    /// <summary>Makes the message visible again after the delay; its text stays.</summary>
    public Task Release(TimeSpan delay) => Held(() => Update(delay));

    public Task Delete() => Held(() => queue.DeleteMessageAsync(message.MessageId, popReceipt, CancellationToken.None));

    private async Task Update(TimeSpan visibleAfter)
    {
        var receipt = await queue.UpdateMessageAsync(message.MessageId, popReceipt, (string?)null, visibleAfter, CancellationToken.None);
        popReceipt = receipt.Value.PopReceipt;
    }

    /// <summary>A message that another has taken over, or that is gone, needs nothing from this lease.</summary>
    private async Task Held(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (RequestFailedException e) when (IsLost(e))
        {
            Log.Lost(logger, message.MessageId, queue.Name);
        }
    }

    private static bool IsLost(RequestFailedException e) =>
        e.ErrorCode == QueueErrorCode.PopReceiptMismatch
        || e.ErrorCode == QueueErrorCode.MessageNotFound
        || e.ErrorCode == QueueErrorCode.QueueNotFound;

    private async Task Renew(CancellationToken done)
    {
        var wait = setup.Times.QueueLeaseRenewal;
        while (true)
        {
            await Task.Delay(wait, setup.Clock, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (done.IsCancellationRequested) return;
            try
            {
                await Update(setup.Times.QueueLease);
                wait = setup.Times.QueueLeaseRenewal;
            }
            catch (RequestFailedException e) when (IsLost(e))
            {
                Log.Lost(logger, message.MessageId, queue.Name);
                return;
            }
            catch (Exception e)
            {
                // The storage may be back before the lease ends.
                wait = setup.Times.QueueLeaseRenewal / RetryPart;
                Log.RenewalFailed(logger, e, message.MessageId, queue.Name, wait);
            }
        }
    }

    private sealed class Renewal : IAsyncDisposable
    {
        private readonly CancellationTokenSource done;
        private readonly Task running;

        public Renewal(QueueLease lease)
        {
            done = CancellationTokenSource.CreateLinkedTokenSource(lease.Abandoned);
            running = lease.Renew(done.Token);
        }

        public async ValueTask DisposeAsync()
        {
            await done.CancelAsync();
            await running;
            done.Dispose();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Message {Id} of {Queue} is gone or was taken over.")]
        public static partial void Lost(ILogger logger, string id, string queue);

        [LoggerMessage(LogLevel.Error, "Renewing message {Id} of {Queue} failed; the next try is in {Wait}.")]
        public static partial void RenewalFailed(ILogger logger, Exception e, string id, string queue, TimeSpan wait);
    }
}
