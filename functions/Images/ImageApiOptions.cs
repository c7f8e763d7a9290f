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

    /// <summary>
    /// How many calls one instance makes at once; a quarter is kept for jobs of 512 and 1K. The API does not document its limit.
    /// </summary>
    /// <value>Default 32. From 1 to 1,000.</value>
    [Range(1, 1000)]
    public int CallsAtOnceMax { get; init; } = 32;

    /// <summary>How many calls one instance makes in a minute, evenly; 0 for no limit. The API does not document its limit.</summary>
    /// <value>Default 0. From 0 to 100,000.</value>
    [Range(0, 100_000)]
    public int CallsPerMinute { get; init; }

    /// <summary>
    /// How long an attempt may take, with calls and waits, for a call that made nothing to be repeated within it. What takes longer
    /// goes back to the queue.
    /// </summary>
    /// <value>Default 10 seconds. From 0, which repeats nothing at once, to 30 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan QuickRetries { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long the API is left alone when half of the calls fail or it refuses our key; doubled while it does not recover, up to 5
    /// minutes.
    /// </summary>
    /// <value>Default 30 seconds. From 1 second to 5 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan BreakDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Factor on the time limits of the tiers: 60 s for 512, 90 s for 1K, 180 s for 2K, 300 s for 4K.</summary>
    /// <value>Default 1. From 0.01 to 2, with which 4K still fits into the host's limit of 15 minutes.</value>
    [Range(0.01, 2)]
    public double TimeoutScale { get; init; } = 1;
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

    /// <summary>When an answer for this model is given up; the same again for the download of its images.</summary>
    public TimeSpan TimeoutOf(Model model) => model.Timeout * TimeoutScale;
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
