namespace Pipeline.Webhooks;

/// <summary>When a delivery is tried again.</summary>
public static class DeliverySchedule
{
    /// <summary>Between one failed try and the next; after the last of them a delivery is given up. 75.6 hours in all.</summary>
    public static readonly IReadOnlyList<TimeSpan> Delays =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
        TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
    ];

    /// <summary>
    /// Each is longer by up to so much, so that what failed together does not come back together. Never shorter: an endpoint that was away
    /// for three days then misses nothing.
    /// </summary>
    public const double Jitter = 0.1;

    /// <summary>A receiver may ask for so much: beyond it, its clock or its intent is wrong. A message can wait 7 days.</summary>
    public static readonly TimeSpan RetryAfterMax = TimeSpan.FromHours(24);

    /// <param name="tries">Tries of this round, all failed; at least 1.</param>
    /// <param name="retryAfter">How long the receiver asks to be left alone, or null.</param>
    /// <param name="now">When the last one failed.</param>
    /// <param name="chance">From 0 to 1.</param>
    /// <returns>When to try again, or null if that was the last try.</returns>
    public static DateTimeOffset? Next(int tries, TimeSpan? retryAfter, DateTimeOffset now, double chance)
    {
        if (tries > Delays.Count) return null;
        var delay = Delays[tries - 1] * (1 + (Jitter * chance));
        var asked = retryAfter < RetryAfterMax ? retryAfter.Value : retryAfter is null ? TimeSpan.Zero : RetryAfterMax;
        return now + (asked > delay ? asked : delay);
    }

    /// <summary>How long a delivery stands back because its endpoint has as many as it may have at once.</summary>
    /// <param name="deferred">How often in a row it did already.</param>
    /// <param name="chance">From 0 to 1.</param>
    public static TimeSpan StandBack(int deferred, double chance) =>
        TimeSpan.FromSeconds(Math.Min(StandBackMin.TotalSeconds * Math.Pow(2, Math.Min(deferred, 20)), StandBackMax.TotalSeconds))
        * (0.5 + (chance / 2));

    private static readonly TimeSpan StandBackMin = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StandBackMax = TimeSpan.FromHours(1);
}
