using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Events;
using Pipeline.Messages;

namespace Pipeline.Tests;

/// <summary>The queues, as the app has them.</summary>
internal static class Messages
{
    public static DeliveryMessages Of(string storage) => new(Queues(storage), NullLogger<DeliveryMessages>.Instance);

    public static MessageQueues Queues(string storage) => new(
        new QueueServiceClient(storage, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 }), TimeProvider.System);
}
