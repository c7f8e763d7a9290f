namespace Pipeline.Images;

/// <summary>An image that is whole in Blob Storage.</summary>
/// <param name="Index">Which of its job's images, from 0.</param>
/// <param name="Blob">Its name in the container <c>outputs</c>.</param>
/// <param name="ContentType">What its bytes are: <c>image/png</c>, <c>image/jpeg</c> or <c>image/webp</c>.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Sha256">Of its bytes, in hex.</param>
public sealed record StoredImage(int Index, string Blob, string ContentType, long Bytes, int Width, int Height, string Sha256);

/// <summary>A stored image with what else its blob says.</summary>
/// <param name="Image">The image.</param>
/// <param name="Attempt">The attempt that stored it; null if the blob does not say.</param>
/// <param name="StoredAt">When.</param>
public sealed record FoundImage(StoredImage Image, int? Attempt, DateTimeOffset StoredAt);

/// <summary>What became of one image URL.</summary>
public abstract record StoreOutcome
{
    private StoreOutcome()
    {
    }

    public sealed record Stored(StoredImage Image) : StoreOutcome;

    /// <summary>What was behind the URL is no whole image; nothing is stored.</summary>
    public sealed record Invalid(string Detail) : StoreOutcome;
}
