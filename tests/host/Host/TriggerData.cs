using System.Globalization;
using System.Text.Json;
using Azure.Storage.Queues.Models;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Pipeline.HostTests.Host.Rpc;

namespace Pipeline.HostTests.Host;

/// <summary>What the host's extensions send with an invocation, by kind of trigger.</summary>
internal static class TriggerData
{
    public static TypedData Text(string text) => new() { String = text };

    public static TypedData Json(object value) => new() { Json = JsonSerializer.Serialize(value) };

    /// <summary>Of a queue: the message's text, and what the service says about it.</summary>
    public static void AddMessage(InvocationRequest request, string parameter, QueueMessage message)
    {
        var text = message.Body.ToString();
        request.InputData.Add(new ParameterBinding { Name = parameter, Data = Text(text) });
        var told = request.TriggerMetadata;
        // Scalars of a JSON body are binding data, too, of which the extension's own come last.
        AddScalars(told, text);
        told["QueueTrigger"] = Text(text);
        told["Id"] = Text(message.MessageId);
        told["PopReceipt"] = Text(message.PopReceipt);
        told["DequeueCount"] = Json(message.DequeueCount);
        told["InsertionTime"] = Json(message.InsertedOn!);
        told["ExpirationTime"] = Json(message.ExpiresOn!);
        told["NextVisibleTime"] = Json(message.NextVisibleOn!);
    }

    /// <summary>Of a timer.</summary>
    public static void AddTimer(InvocationRequest request, string parameter)
    {
        var now = DateTimeOffset.Now;
        var status = new { Last = now.AddMinutes(-1), Next = now.AddMinutes(1), LastUpdated = now.AddMinutes(-1) };
        var timer = Json(new { Schedule = new { AdjustForDST = true }, ScheduleStatus = status, IsPastDue = false });
        request.InputData.Add(new ParameterBinding { Name = parameter, Data = timer });
        request.TriggerMetadata["TimerTrigger"] = timer;
    }

    /// <summary>Of a blob that is bound to a client: where it is, not what is in it.</summary>
    public static void AddBlob(InvocationRequest request, HostedFunction function, Uri blob, string container, string name)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(
            new { Connection = function["connection"] ?? "Storage", ContainerName = container, BlobName = name });
        var data = new ModelBindingData
        {
            Version = "1.0",
            Source = "AzureStorageBlobs",
            ContentType = "application/json",
            Content = ByteString.CopyFrom(content),
        };
        request.InputData.Add(new ParameterBinding { Name = function.Parameter, Data = new TypedData { ModelBindingData = data } });
        var told = request.TriggerMetadata;
        told["BlobTrigger"] = Text($"{container}/{name}");
        told["Uri"] = Json(blob);
        told["Properties"] = Json(new { ContentLength = 0 });
        told["Metadata"] = Json(new { });
        told["name"] = Text(name);
    }

    /// <summary>Of an HTTP request: scalars of its body, its query, its route, each over the one before; the body goes by HTTP.</summary>
    public static void AddHttp(
        InvocationRequest request, string parameter, string? body, IEnumerable<KeyValuePair<string, string>> query,
        IEnumerable<KeyValuePair<string, object?>> route)
    {
        request.InputData.Add(new ParameterBinding { Name = parameter, Data = new TypedData { Http = new RpcHttp() } });
        var told = request.TriggerMetadata;
        if (body is not null) AddScalars(told, body);
        foreach (var (name, value) in query.Where(pair => !pair.Key.Equals("code", StringComparison.OrdinalIgnoreCase)))
            told[name] = Text(value);
        foreach (var (name, value) in route)
            if (value is not null) told[name] = Text(Convert.ToString(value, CultureInfo.InvariantCulture)!);
        told["Query"] = Json(query.ToDictionary());
        told["Headers"] = Json(new { });
    }

    private static void AddScalars(MapField<string, TypedData> told, string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind != JsonValueKind.Object) return;
            foreach (var property in json.RootElement.EnumerateObject()
                .Where(property => property.Value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.Null)))
                told[property.Name] = Text(property.Value.ToString());
        }
        catch (JsonException)
        {
            // It is no JSON, and nothing is known of what is in it.
        }
    }
}
