using System.ComponentModel.DataAnnotations;

namespace Pipeline.Jobs;

/// <summary>How jobs are worked on; settings <c>Jobs__…</c>.</summary>
public sealed class JobOptions
{
    /// <summary>How often a job is tried in all before it ends with what it has.</summary>
    /// <value>Default 5. From 1 to 20.</value>
    [Range(1, 20)]
    public int AttemptsMax { get; init; } = 5;

    /// <summary>How long a claimed job may stay silent before another worker may claim it. A living worker renews at half of it.</summary>
    /// <value>Default 2 minutes. From 2 seconds to 1 hour.</value>
    [Range(typeof(TimeSpan), "00:00:02", "01:00:00")]
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How long to wait before a second attempt; doubled for each further one when the image API is unavailable.</summary>
    /// <value>Default 5 seconds. From 0 to 10 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether a call that was sent and never answered is made again. The image API may charge for both; the caller pays once.
    /// </summary>
    /// <value>Default true. If false, such a job ends with <c>outcome_unknown</c> at once.</value>
    public bool RetryUnknown { get; init; } = true;

    /// <summary>
    /// How long after its creation, or of a manifest after its turn came, a job may still wait for an image API that is left alone, before
    /// it fails.
    /// </summary>
    /// <value>Default 1 day. From 1 minute to 7 days.</value>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan OutageMax { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long after its message was sent the sweeper looks whether an open job needs another; in a backlog doubled each time, up to
    /// 1 hour.
    /// </summary>
    /// <value>Default 1 minute. From 1 second to 1 hour.</value>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ResendAfter { get; init; } = TimeSpan.FromMinutes(1);
}
