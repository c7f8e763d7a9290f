namespace Pipeline.Http;

/// <summary>Places for so many at once, of which each caller has a few at most: whatever one does, others find some.</summary>
public sealed class SharedPlaces(int countMax, int perCallerMax)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> taken = new(StringComparer.Ordinal);
    private readonly LinkedList<Waiter> waiters = [];
    private int free = countMax;

    /// <summary>A place, as soon as one is free that this caller may have. Callers take turns in the order in which they came.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="cancel">Gives up; no place is taken then.</param>
    public async Task<Place> Enter(string caller, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var waiter = new Waiter(caller);
        lock (gate)
        {
            waiters.AddLast(waiter);
            Seat();
        }

        await using var leaves = cancel.UnsafeRegister(_ => GiveUp(waiter, cancel), null);
        return await waiter.Seated.Task;
    }

    /// <summary>A place, if one is free now that this caller may have; null if not.</summary>
    public Place? TryEnter(string caller)
    {
        lock (gate)
        {
            var own = taken.GetValueOrDefault(caller);
            if (free == 0 || own >= perCallerMax) return null;
            free--;
            taken[caller] = own + 1;
            return new Place(this, caller);
        }
    }

    private void GiveUp(Waiter waiter, CancellationToken cancel)
    {
        // Whoever is not in the line any more has a place.
        lock (gate)
        {
            if (!waiters.Remove(waiter)) return;
        }

        waiter.Seated.SetCanceled(cancel);
    }

    private void Leave(string caller)
    {
        lock (gate)
        {
            free++;
            if (--taken[caller] == 0) taken.Remove(caller);
            Seat();
        }
    }

    private void Seat()
    {
        for (var node = waiters.First; node is not null && free > 0;)
        {
            var (waiter, next) = (node.Value, node.Next);
            var own = taken.GetValueOrDefault(waiter.Caller);
            if (own < perCallerMax)
            {
                free--;
                taken[waiter.Caller] = own + 1;
                waiters.Remove(node);
                waiter.Seated.SetResult(new Place(this, waiter.Caller));
            }

            node = next;
        }
    }

    /// <summary>One of the places, until it is disposed.</summary>
    public sealed class Place : IDisposable
    {
        private readonly string caller;
        private SharedPlaces? places;

        internal Place(SharedPlaces places, string caller)
        {
            this.places = places;
            this.caller = caller;
        }

        public void Dispose() => Interlocked.Exchange(ref places, null)?.Leave(caller);
    }

    private sealed class Waiter(string caller)
    {
        public string Caller => caller;

        /// <summary>Whoever waits goes on elsewhere, not under the gate.</summary>
        public TaskCompletionSource<Place> Seated { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
