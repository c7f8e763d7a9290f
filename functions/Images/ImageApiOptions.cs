using System.ComponentModel.DataAnnotations;

namespace Pipeline.Images;

/// <summary>Where the image API is; settings <c>ImageApi__…</c>.</summary>
public sealed class ImageApiOptions
{
    /// <summary>The image API's address, without a path.</summary>
    /// <value>Default <c>https://api.nanobananaapi.dev</c>. https, or http on this machine.</value>
    [Required]
    public Uri BaseUrl { get; init; } = new("https://api.nanobananaapi.dev");

    /// <summary>The image API's key, sent as a bearer token.</summary>
    /// <value>Required. 1 to 500 characters.</value>
    [Required]
    [StringLength(500, MinimumLength = 1)]
    public string Key { get; init; } = "";

    /// <summary>What an image of the API may have at most; a longer download is given up.</summary>
    /// <value>Default 64 MiB, three times the largest picture seen. From 1 MiB to 256 MiB, in bytes.</value>
    [Range(1L << 20, 256L << 20)]
    public long ImageBytesMax { get; init; } = 64L << 20;

    /// <summary>What becomes of an image of other pixels than its tier and ratio promise.</summary>
    /// <value>Default <c>Warn</c>: it is kept, and its job says so. <c>Fail</c>: it is not stored, and asked for again.</value>
    public SizeMismatch SizeMismatch { get; init; } = SizeMismatch.Warn;

    /// <summary>How images that go along reach the image API.</summary>
    /// <value>
    /// Default <c>Auto</c>: by signed URLs if storage is reached by https from everywhere, else inline. <c>Url</c> or <c>Inline</c>
    /// forces one of them.
    /// </value>
    public ReferenceTransport References { get; init; } = ReferenceTransport.Auto;

    /// <summary>The field that carries a job's <c>thinking</c>; the API does not document it.</summary>
    /// <value>Default <c>thinking</c>. 1 to 64 characters.</value>
    [Required]
    [StringLength(64, MinimumLength = 1)]
    public string ThinkingField { get; init; } = "thinking";

    /// <summary>The field that carries a job's <c>search</c>; the API does not document it.</summary>
    /// <value>Default <c>search</c>. 1 to 64 characters.</value>
    [Required]
    [StringLength(64, MinimumLength = 1)]
    public string SearchField { get; init; } = "search";
}

/// <summary>How an image that goes along with a request reaches the image API.</summary>
public enum ReferenceTransport
{
    /// <summary>As fits the storage account.</summary>
    Auto,

    /// <summary>A signed URL, which the image API fetches.</summary>
    Url,

    /// <summary>A data URI in the request.</summary>
    Inline,
}
