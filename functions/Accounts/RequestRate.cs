using System.Threading.RateLimiting;
using Pipeline.Http;

namespace Pipeline.Accounts;

/// <summary>Counts the requests of accounts that may send only so many in a minute. Each instance of the app counts its own.</summary>
public sealed class RequestRate : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>The minute is the last so many parts of one: what was sent before is forgotten by the part.</summary>
    private const int Segments = 12;

    // The limit is part of the key, so that a new one counts from then on. What is idle is forgotten by the limiter itself.
    private readonly PartitionedRateLimiter<(AccountId Account, int Max)> requests =
        PartitionedRateLimiter.Create<(AccountId Account, int Max), (AccountId, int)>(key => RateLimitPartition.GetSlidingWindowLimiter(
            key, static of => new SlidingWindowRateLimiterOptions
            {
                PermitLimit = of.Item2,
                Window = Window,
                SegmentsPerWindow = Segments,
                AutoReplenishment = true,
            }));

    /// <summary>Counts one more request.</summary>
    /// <exception cref="RefusedException">It is one too many.</exception>
    public void Count(AccountId account, long? requestsPerMinute)
    {
        if (requestsPerMinute is not { } max) return;
        using var lease = requests.AttemptAcquire((account, (int)max));
        if (lease.IsAcquired) return;
        var retryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) && wait > TimeSpan.Zero ? wait : Window / Segments;
        throw new RefusedException(Problems.TooManyRequests(max, retryAfter));
    }

    public void Dispose() => requests.Dispose();
}
