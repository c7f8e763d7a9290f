using System.ComponentModel.DataAnnotations;

namespace Pipeline.Storage;

/// <summary>How images are stored and handed out; settings <c>Outputs__…</c>.</summary>
public sealed class OutputOptions
{
    /// <summary>How long a signed URL of an image works.</summary>
    /// <value>Default 1 hour. From 1 minute to 5 days (a delegation key lives 7).</value>
    [Range(typeof(TimeSpan), "00:01:00", "5.00:00:00")]
    public TimeSpan UrlLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How many images an instance downloads at once. Each is a temporary file of at most <c>ImageApi__ImageBytesMax</c>.
    /// </summary>
    /// <value>Default 8, which is 512 MiB of disk at most: an instance on Azure has 0.8 GB of it. From 1 to 256.</value>
    [Range(1, 256)]
    public int DownloadsMax { get; init; } = 8;

    /// <summary>Whether the prompt and the parameters are written into PNG files as texts, for everyone who gets the file.</summary>
    /// <value>Default false: files are stored as they came.</value>
    public bool EmbedPrompt { get; init; }
}
