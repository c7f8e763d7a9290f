using System.Threading.RateLimiting;
using Polly.CircuitBreaker;

namespace Pipeline.Images;

/// <summary>What came of waiting for a turn.</summary>
public abstract record TurnOutcome
{
    private TurnOutcome()
    {
    }

    /// <summary>Call now, and dispose the turn when the call has ended.</summary>
    public sealed record Granted(ImageApiTurn Turn) : TurnOutcome;

    /// <summary>The image API is left alone, or too many others wait: come back after this time.</summary>
    public sealed record Later(TimeSpan Delay) : TurnOutcome;
}

/// <summary>
/// Who may call the image API, and when: so many at once, so many a minute, and nobody while it is left alone because it asked for
/// that, failed too often or refused our key. Asked before a job is claimed, so that waiting costs it no attempt.
/// </summary>
public sealed class ImageApiTurns : IDisposable
{
    /// <summary>A worker waits no longer: its message goes back to the queue, where waiting is free.</summary>
    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(1);

    /// <summary>However long one answer asks that it be left alone: it may mean one kind of request only.</summary>
    private static readonly TimeSpan PauseMax = TimeSpan.FromMinutes(5);

    /// <summary>How long the others wait while one call tries whether the API is back.</summary>
    private static readonly TimeSpan ProbeWait = TimeSpan.FromSeconds(5);

    private readonly TimeProvider time;
    private readonly Random random;
    private readonly ConcurrencyLimiter all;
    private readonly ConcurrencyLimiter large;
    private readonly ConcurrencyLimiter bulk;
    private readonly TokenBucketRateLimiter? rate;
    private readonly Lock pausing = new();
    private DateTimeOffset pausedUntil;
    private bool probing;

    public ImageApiTurns(ImageApiOptions options, TimeProvider time, Random random)
    {
        this.time = time;
        this.random = random;
        all = AtOnce(options.CallsAtOnceMax);
        var mostTurns = Math.Max(1, options.CallsAtOnceMax - ((options.CallsAtOnceMax + 3) / 4));
        // A quarter is kept for previews: pictures of 2K and 4K take long, and must not take every turn.
        large = AtOnce(mostTurns);
        // A quarter is kept for single jobs: those of manifests are many.
        bulk = AtOnce(mostTurns);
        if (options.CallsPerMinute > 0) rate = Rate(options.CallsPerMinute);
    }

    /// <summary>Whether the API works; the pipeline of the calls keeps it.</summary>
    internal CircuitBreakerStateProvider Available { get; } = new();

    /// <summary>Whether the API accepts our key; the pipeline of the calls keeps it.</summary>
    internal CircuitBreakerStateProvider KeyAccepted { get; } = new();

    /// <summary>Waits for a turn, at most a minute.</summary>
    /// <param name="isLarge">Whether it is for a picture of 2K or 4K.</param>
    /// <param name="isBulk">Whether it is for one of many pictures that nobody waits for by itself.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<TurnOutcome> Take(bool isLarge, bool isBulk, CancellationToken cancel)
    {
        if (Paused() is { } pause) return new TurnOutcome.Later(pause);

        var leases = new List<RateLimitLease>(3);
        TurnOutcome? outcome = null;
        using var patience = new CancellationTokenSource(WaitMax, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, patience.Token);
        try
        {
            // All take them in this order, so that no two wait for each other.
            if (isBulk) leases.Add(await bulk.AcquireAsync(1, limit.Token));
            if (isLarge) leases.Add(await large.AcquireAsync(1, limit.Token));
            leases.Add(await all.AcquireAsync(1, limit.Token));
            // Last, for a token cannot be given back.
            if (rate is not null) (await rate.AcquireAsync(1, limit.Token)).Dispose();
            return outcome = Grant(leases);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return outcome = new TurnOutcome.Later(Spread(ProbeWait));
        }
        finally
        {
            if (outcome is not TurnOutcome.Granted) leases.ForEach(lease => lease.Dispose());
        }
    }

    /// <summary>Whether one more call is within the rate; then it is counted.</summary>
    internal bool TakeAnotherCall() => rate?.AttemptAcquire() is not { IsAcquired: false };

    /// <summary>Leaves the API alone from now on for this long, up to 5 minutes. A longer pause that is under way stays.</summary>
    internal void Pause(TimeSpan duration)
    {
        var until = time.GetUtcNow() + (duration < PauseMax ? duration : PauseMax);
        lock (pausing)
        {
            if (until > pausedUntil) pausedUntil = until;
        }
    }

    public void Dispose()
    {
        all.Dispose();
        large.Dispose();
        bulk.Dispose();
        rate?.Dispose();
    }

    private TimeSpan? Paused()
    {
        lock (pausing) return PausedUnlocked();
    }

    private TimeSpan? PausedUnlocked()
    {
        var left = pausedUntil - time.GetUtcNow();
        return left > TimeSpan.Zero ? Spread(left) : probing ? Spread(ProbeWait) : null;
    }

    private TurnOutcome Grant(List<RateLimitLease> leases)
    {
        lock (pausing)
        {
            if (PausedUnlocked() is { } pause) return new TurnOutcome.Later(pause);
            // After a pause one call goes ahead; the others follow when it succeeded.
            var isProbe = Available.CircuitState != CircuitState.Closed || KeyAccepted.CircuitState != CircuitState.Closed;
            probing |= isProbe;
            return new TurnOutcome.Granted(new ImageApiTurn(leases, isProbe ? EndProbe : null));
        }
    }

    private void EndProbe()
    {
        lock (pausing) probing = false;
    }

    /// <summary>Up to a quarter longer, so that those who wait do not all come back at once.</summary>
    private TimeSpan Spread(TimeSpan delay) => delay * (1 + (random.NextDouble() / 4));

    private static ConcurrencyLimiter AtOnce(int max) => new(new ConcurrencyLimiterOptions
    {
        PermitLimit = max,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        // As many as there are workers, which the host bounds.
        QueueLimit = int.MaxValue,
    });

    private static TokenBucketRateLimiter Rate(int perMinute) => new(new TokenBucketRateLimiterOptions
    {
        // A burst of six seconds' worth, then evenly.
        TokenLimit = Math.Max(1, perMinute / 10),
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromMinutes(1) / perMinute,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        QueueLimit = int.MaxValue,
    });
}

/// <summary>The right to call the image API now. Dispose it when the call has ended; more than once does no harm.</summary>
public sealed class ImageApiTurn(IReadOnlyList<RateLimitLease> leases, Action? ended) : IDisposable
{
    private int isDisposed;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref isDisposed, 1) != 0) return;
        ended?.Invoke();
        foreach (var lease in leases) lease.Dispose();
    }
}
