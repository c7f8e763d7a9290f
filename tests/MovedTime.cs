using System.Diagnostics;

namespace Pipeline.Tests;

/// <summary>A clock that moves only when it is told to; timers that come due fire then.</summary>
internal sealed class MovedTime : TimeProvider
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    private readonly List<Timer> timers = [];
    private DateTimeOffset now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    public override DateTimeOffset GetUtcNow() => now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, () => callback(state));
        timer.Change(dueTime, period);
        lock (timers) timers.Add(timer);
        return timer;
    }

    public void Move(TimeSpan by)
    {
        now += by;
        List<Timer> due;
        lock (timers) due = [.. timers.Where(timer => timer.Due <= now)];
        foreach (var timer in due) timer.Fire();
    }

    /// <summary>Waits in real time until something waits for so long from now: who moves the time before that comes too early.</summary>
    public async Task UntilOneWaits(TimeSpan dueIn)
    {
        for (var giveUp = Stopwatch.StartNew(); !OneWaits(); await Task.Delay(5))
            if (giveUp.Elapsed > Generous) throw new TimeoutException($"Nothing waits for {dueIn}.");

        bool OneWaits()
        {
            lock (timers) return timers.Exists(timer => timer.Due == now + dueIn);
        }
    }

    private sealed class Timer(MovedTime time, Action fire) : ITimer
    {
        public DateTimeOffset Due { get; private set; } = DateTimeOffset.MaxValue;

        public void Fire()
        {
            Due = DateTimeOffset.MaxValue;
            fire();
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? DateTimeOffset.MaxValue : time.now + dueTime;
            return true;
        }

        public void Dispose()
        {
            lock (time.timers) time.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
