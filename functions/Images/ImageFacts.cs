using System.Globalization;

namespace Pipeline.Images;

/// <summary>What is known of an image's bytes; a blob carries it as its content type, length and metadata.</summary>
/// <param name="ContentType"><c>image/png</c>, <c>image/jpeg</c> or <c>image/webp</c>, by its content.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Sha256">Of its bytes, in hex.</param>
public sealed record ImageFacts(string ContentType, long Bytes, int Width, int Height, string Sha256)
{
    public Dictionary<string, string> ToMetadata() => new()
    {
        ["width"] = Width.ToString(CultureInfo.InvariantCulture),
        ["height"] = Height.ToString(CultureInfo.InvariantCulture),
        ["sha256"] = Sha256,
    };

    /// <summary>What a blob says of itself, or null if it was not stored as an image by this app.</summary>
    public static ImageFacts? From(string contentType, long bytes, IDictionary<string, string> metadata) =>
        Number(metadata, "width") is { } width && Number(metadata, "height") is { } height
            && metadata.TryGetValue("sha256", out var sha256)
                ? new ImageFacts(contentType, bytes, width, height, sha256)
                : null;

    internal static int? Number(IDictionary<string, string> metadata, string key) =>
        metadata.TryGetValue(key, out var text) && int.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;
}
