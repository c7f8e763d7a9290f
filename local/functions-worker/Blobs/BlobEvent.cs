using Azure.Storage.Blobs;

namespace Local.FunctionsWorker;

/// <summary>A blob that was written.</summary>
internal sealed class BlobEvent(BlobClient blob, IReadOnlyDictionary<string, string> parameters) : TriggerEvent
{
    public const string PathName = "BlobTrigger";
    public const string UriName = "Uri";

    public override IReadOnlyDictionary<string, object?> Data { get; } = DataOf(blob, parameters);

    public override string ToString() => $"blob {blob.BlobContainerName}/{blob.Name}";

    public override async ValueTask<object?> Bind(Type type, InvocationContext context)
    {
        var cancel = context.CancellationToken;
        if (type == typeof(BlobClient)) return blob;
        if (type == typeof(Stream)) return await blob.OpenReadAsync(cancellationToken: cancel);
        var content = await blob.DownloadContentAsync(cancel);
        return type == typeof(string) ? content.Value.Content.ToString() : content.Value.Content;
    }

    private static Dictionary<string, object?> DataOf(BlobClient blob, IReadOnlyDictionary<string, string> parameters)
    {
        var data = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase)
        {
            [PathName] = $"{blob.BlobContainerName}/{blob.Name}",
            [UriName] = blob.Uri,
        };
        foreach (var (name, value) in parameters) data[name] = value;
        return data;
    }
}
