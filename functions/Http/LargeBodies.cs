namespace Pipeline.Http;

/// <summary>Keeps the number of large bodies that are in memory at once: each may have 100 MB, and an instance 2 GB in all.</summary>
public sealed class LargeBodies(TimeProvider time) : IDisposable
{
    /// <summary>From here on a body is large. Without images in it no valid one is.</summary>
    public const int BytesMin = 2 << 20;

    /// <summary>At once.</summary>
    private const int CountMax = 4;

    /// <summary>How long a client waits for a place before it is told to come back.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(20);

    /// <summary>How long a body may take that has a place: a slow client must not keep the others from theirs.</summary>
    public static readonly TimeSpan ArrivesWithin = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim places = new(CountMax, CountMax);

    /// <summary>A place, to be disposed when the body is needed no more; null if none came free in time.</summary>
    public async Task<Place?> Enter(CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(WaitMax, time);
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            await places.WaitAsync(wait.Token);
            return new Place(places, time, cancel);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose() => places.Dispose();

    /// <summary>One body's right to be in memory.</summary>
    public sealed class Place : IDisposable
    {
        private readonly SemaphoreSlim places;
        private readonly CancellationTokenSource timeout;
        private readonly CancellationTokenSource limit;
        private bool left;

        internal Place(SemaphoreSlim places, TimeProvider time, CancellationToken cancel)
        {
            this.places = places;
            timeout = new CancellationTokenSource(ArrivesWithin, time);
            limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
            Limit = limit.Token;
        }

        /// <summary>Cancelled when the body should have arrived.</summary>
        public CancellationToken Limit { get; }

        public void Dispose()
        {
            if (left) return;
            left = true;
            limit.Dispose();
            timeout.Dispose();
            places.Release();
        }
    }
}
