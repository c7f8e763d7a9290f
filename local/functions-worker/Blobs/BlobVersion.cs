using Azure;

namespace Local.FunctionsWorker;

/// <summary>An ETag without quotes: a listing gives it bare, a response's header in quotes, and <see cref="ETag"/> calls them different.</summary>
internal readonly record struct BlobVersion(string Value)
{
    public string Quoted => $"\"{Value}\"";

    public static BlobVersion Of(ETag? tag) => new(tag?.ToString("G").Trim('"') ?? throw new ArgumentNullException(nameof(tag)));
}
