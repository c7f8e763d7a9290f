using Azure.Core.Serialization;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Options of the worker.</summary>
public class WorkerOptions
{
    /// <summary>Reads the JSON of queue messages and blobs.</summary>
    /// <value>Default: System.Text.Json with the app's <c>JsonSerializerOptions</c>, names in any case.</value>
    public ObjectSerializer? Serializer { get; set; }
}
