using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Events;

namespace Pipeline.Tests;

/// <summary>The messages of deliveries, as the app sends them.</summary>
internal static class Messages
{
    public static DeliveryMessages Of(string storage) => new(
        new QueueServiceClient(storage, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 }),
        NullLogger<DeliveryMessages>.Instance);
}
