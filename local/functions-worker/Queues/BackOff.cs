namespace Local.FunctionsWorker;

/// <summary>The waits of an idle or failing listener: doubling from the shortest to the longest, each off by up to a fifth.</summary>
/// <remarks>The jitter keeps listeners that started together from polling together. Numbers of the real QueueListener.</remarks>
internal sealed class BackOff(TimeSpan min, TimeSpan max, Random random)
{
    private const double Jitter = 0.2;

    private TimeSpan? next;

    public TimeSpan Next()
    {
        var factor = 1 - Jitter + 2 * Jitter * random.NextDouble();
        var current = next ?? min;
        next = Shorter(current * 2, max);
        return Shorter(current * factor, max);
    }

    public void Reset() => next = null;

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
