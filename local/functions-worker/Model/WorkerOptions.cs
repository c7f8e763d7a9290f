using Azure.Core.Serialization;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Options of the worker.</summary>
public class WorkerOptions
{
    /// <summary>Reads the JSON of queue messages and blobs.</summary>
    /// <value>Default: System.Text.Json with the app's <c>JsonSerializerOptions</c>, names in any case.</value>
    public ObjectSerializer? Serializer { get; set; }

    /// <summary>Fill parameters that the trigger knows something for, by their names.</summary>
    /// <value>Default: none of the app's own.</value>
    public InputConverterCollection InputConverters { get; } = new();
}
