using Azure.Storage.Queues.Models;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Local.FunctionsWorker;

/// <summary>A message of a queue, decoded.</summary>
internal sealed class QueueEvent(string queue, QueueMessage message) : TriggerEvent
{
    public static readonly string[] DataNames =
        ["QueueTrigger", "Id", "DequeueCount", "PopReceipt", "InsertionTime", "ExpirationTime", "NextVisibleTime"];

    public override string ToString() => $"message {message.MessageId} of {queue}, try {message.DequeueCount}";

    public override IReadOnlyDictionary<string, object?> Data { get; } = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase)
    {
        ["QueueTrigger"] = message.Body.ToString(),
        ["Id"] = message.MessageId,
        ["DequeueCount"] = message.DequeueCount,
        ["PopReceipt"] = message.PopReceipt,
        ["InsertionTime"] = message.InsertedOn,
        ["ExpirationTime"] = message.ExpiresOn,
        ["NextVisibleTime"] = message.NextVisibleOn,
    };

    public override async ValueTask<object?> Bind(Type type, InvocationContext context)
    {
        if (type == typeof(QueueMessage)) return message;
        if (type == typeof(BinaryData)) return message.Body;
        if (type == typeof(byte[])) return message.Body.ToArray();
        if (type == typeof(string)) return message.Body.ToString();
        var serializer = context.InstanceServices.GetRequiredService<IOptions<WorkerOptions>>().Value.Serializer!;
        return await serializer.DeserializeAsync(message.Body.ToStream(), type, context.CancellationToken);
    }
}
