using System.ComponentModel.DataAnnotations;

namespace Pipeline.Storage;

/// <summary>How outputs are handed out; settings <c>Outputs__…</c>.</summary>
public sealed class OutputOptions
{
    /// <summary>How long a signed URL of an image works.</summary>
    /// <value>Default 1 hour. From 1 minute to 5 days (a delegation key lives 7).</value>
    [Range(typeof(TimeSpan), "00:01:00", "5.00:00:00")]
    public TimeSpan UrlLifetime { get; init; } = TimeSpan.FromHours(1);
}
