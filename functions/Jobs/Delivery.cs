using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>What a capture was paid for, as the hash that its entry carries: so the ledger proves which pictures those were.</summary>
public static class Delivery
{
    /// <summary>
    /// SHA-256 in hex of a line with the model's id, and one for each image in the order of their numbers: number, SHA-256, bytes, content
    /// type, width and height, with spaces between.
    /// </summary>
    public static string Of(string model, IEnumerable<StoredImage> images)
    {
        var lines = images.OrderBy(image => image.Index).Select(Line).Prepend(model);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
    }

    private static string Line(StoredImage image) => string.Create(
        CultureInfo.InvariantCulture, $"{image.Index} {image.Sha256} {image.Bytes} {image.ContentType} {image.Width} {image.Height}");
}
