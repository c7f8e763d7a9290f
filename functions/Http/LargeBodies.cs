namespace Pipeline.Http;

/// <summary>
/// Keeps the number of large bodies that are there at once: in memory each may have 100 MB, and an instance 2 GB in all; in temporary files
/// each may have 200 MB.
/// </summary>
public sealed class LargeBodies(TimeProvider time)
{
    /// <summary>From here on a body is large. Without images in it no valid one is.</summary>
    public const int BytesMin = 2 << 20;

    /// <summary>A body that has a place must bring so many bytes a second.</summary>
    public const int BytesPerSecondMin = 64 << 10;

    /// <summary>At once.</summary>
    private const int CountMax = 4;

    /// <summary>Of one caller, so that no one alone keeps all others from theirs.</summary>
    private const int PerCallerMax = 2;

    /// <summary>How long a client waits for a place before it is told to come back.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(20);

    /// <summary>How long a body may take that has a place: a slow client must not keep the others from theirs.</summary>
    public static readonly TimeSpan ArrivesWithin = TimeSpan.FromMinutes(2);

    /// <summary>What is slow for a moment is not slow: the rate is that of so long a time.</summary>
    public static readonly TimeSpan PaceOver = TimeSpan.FromSeconds(10);

    /// <summary>How much longer the first bytes may take, which a client sends again that waited for its place.</summary>
    public static readonly TimeSpan PaceGrace = TimeSpan.FromSeconds(5);

    private readonly SharedPlaces places = new(CountMax, PerCallerMax);

    /// <summary>A place, to be disposed when the body is needed no more; null if none came free in time.</summary>
    public Task<Place?> Enter(string caller, CancellationToken cancel) => Enter(caller, ArrivesWithin, cancel);

    /// <summary>The same for a body that may take another time than <see cref="ArrivesWithin"/>.</summary>
    public async Task<Place?> Enter(string caller, TimeSpan arrivesWithin, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(WaitMax, time);
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            return new Place(await places.Enter(caller, wait.Token), arrivesWithin, time, cancel);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>What is asked of a body that has a place, for those whose body did not come so fast.</summary>
    public static string Pace(TimeSpan arrivesWithin) =>
        $"A body of this size must arrive within {arrivesWithin.TotalSeconds:0} s, and at {BytesPerSecondMin:N0} bytes a second over any "
        + $"{PaceOver.TotalSeconds:0} s of them.";

    /// <summary>One body's right to be in memory.</summary>
    public sealed class Place : IDisposable
    {
        private static readonly long BytesDue = BytesPerSecondMin * (long)PaceOver.TotalSeconds;

        private readonly SharedPlaces.Place place;
        private readonly CancellationTokenSource timeout;
        private readonly CancellationTokenSource pace;
        private readonly CancellationTokenSource limit;
        private long bytes;
        private bool left;

        internal Place(SharedPlaces.Place place, TimeSpan arrivesWithin, TimeProvider time, CancellationToken cancel)
        {
            this.place = place;
            timeout = new CancellationTokenSource(arrivesWithin, time);
            pace = new CancellationTokenSource(PaceOver + PaceGrace, time);
            limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token, pace.Token);
            Limit = limit.Token;
        }

        /// <summary>Cancelled when the body should have arrived, or comes too slowly.</summary>
        public CancellationToken Limit { get; }

        /// <summary>Notes what came. The next bytes that are due have their time from when these are complete.</summary>
        public void Arrived(int count)
        {
            bytes += count;
            if (bytes < BytesDue) return;
            bytes = 0;
            pace.CancelAfter(PaceOver);
        }

        public void Dispose()
        {
            if (left) return;
            left = true;
            limit.Dispose();
            pace.Dispose();
            timeout.Dispose();
            place.Dispose();
        }
    }
}
