namespace Pipeline.Tests.Faults;

/// <summary>Chooses what befalls each request, seeded.</summary>
/// <remarks>Choices come in the order in which requests do: the same seed gives the same faults, but to others where they race.</remarks>
internal sealed class FaultDice(int seed)
{
    private readonly Lock gate = new();
    private readonly Random random = new(seed);
    private readonly Dictionary<NetworkFault, long> counts = Enum.GetValues<NetworkFault>().ToDictionary(fault => fault, _ => 0L);
    private double share;
    private NetworkFault[] among = Enum.GetValues<NetworkFault>();

    /// <summary>How many requests met each fault.</summary>
    public IReadOnlyDictionary<NetworkFault, long> Counts
    {
        get
        {
            lock (gate) return new Dictionary<NetworkFault, long>(counts);
        }
    }

    /// <summary>From now on this share of the requests, from 0 to 1, meets one of these faults; all are as likely.</summary>
    public void Set(double newShare, NetworkFault[] faults)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(newShare);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(newShare, 1);
        lock (gate) (share, among) = (newShare, faults);
    }

    /// <summary>How late something comes, or how long a connection lingers: some tenths of a second.</summary>
    public TimeSpan Latency()
    {
        lock (gate) return TimeSpan.FromMilliseconds(random.Next(100, 500));
    }

    public NetworkFault? Next()
    {
        lock (gate)
        {
            if (random.NextDouble() >= share) return null;
            var fault = among[random.Next(among.Length)];
            counts[fault]++;
            return fault;
        }
    }
}
