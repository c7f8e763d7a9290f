using System.Threading.Channels;

namespace Pipeline.Tests.FunctionsWorker;

/// <summary>What functions report to their test.</summary>
internal sealed class Seen<T>
{
    private readonly Channel<T> channel = Channel.CreateUnbounded<T>();
    private int count;

    public int Count => Volatile.Read(ref count);

    public void Add(T item)
    {
        Interlocked.Increment(ref count);
        channel.Writer.TryWrite(item);
    }

    /// <summary>The next item that nobody has taken; fails when none comes.</summary>
    public async Task<T> Next() => await channel.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Limit);
}

/// <summary>Waits for conditions instead of sleeping.</summary>
internal static class Eventually
{
    /// <summary>Far above what a busy machine needs; only a failing test waits as long.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public static async Task True(Func<Task<bool>> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Limit) Assert.Fail($"It never happened that {what}.");
            await Task.Delay(Interval);
        }
    }
}
