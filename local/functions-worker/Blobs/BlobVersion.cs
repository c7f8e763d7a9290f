using Azure;

namespace Local.FunctionsWorker;

/// <summary>An ETag without quotes.</summary>
/// <remarks>A listing gives it bare, a response's header in quotes, and <see cref="ETag"/> calls the two different.</remarks>
internal readonly record struct BlobVersion(string Value)
{
    public string Quoted => $"\"{Value}\"";

    public static BlobVersion Of(ETag? tag) => new(tag?.ToString("G").Trim('"') ?? throw new ArgumentNullException(nameof(tag)));
}
