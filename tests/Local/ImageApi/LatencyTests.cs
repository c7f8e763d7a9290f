using System.Collections.Concurrent;
using Local.ImageApi;

namespace Pipeline.Tests.Local.ImageApi;

public sealed class LatencyTests
{
    [TestCase(Caller.Model512, 1, 4)]
    [TestCase(Caller.Model1K, 1, 8)]
    [TestCase(Caller.Model2K, 1, 15)]
    [TestCase(Caller.Model4K, 1, 30)]
    [TestCase(Caller.Model4K, 0.5, 15)]
    [TestCase(Caller.Model4K, 100, 3000)]
    public async Task A_call_takes_the_time_of_its_tier_times_the_factor_give_or_take_a_tenth(string model, double factor, double seconds)
    {
        var time = new Hurry();
        await using var caller = await Caller.Start(Caller.Fast with { Latency = factor, Time = time });

        await caller.Generate("a fox", model);

        Assert.That(time.Waits.Single().TotalSeconds, Is.EqualTo(seconds).Within(10).Percent);
    }

    [Test]
    public async Task Without_latency_nothing_is_waited_for()
    {
        var time = new Hurry();
        await using var caller = await Caller.Start(Caller.Fast with { Time = time });

        await caller.Generate("a fox", Caller.Model4K);

        Assert.That(time.Waits, Is.Empty);
    }

    [Test]
    public async Task A_prompt_can_ask_for_more_whatever_the_factor()
    {
        var time = new Hurry();
        await using var caller = await Caller.Start(Caller.Fast with { Time = time });

        await caller.Generate("a fox [[slow:90]] [[slow:1.5]]");

        Assert.That(time.Waits, Is.EqualTo(new[] { TimeSpan.FromSeconds(91.5) }));
    }

    [Test]
    public async Task A_refusal_comes_at_once()
    {
        var time = new Hurry();
        await using var caller = await Caller.Start(Caller.Fast with { Latency = 1, Time = time });

        await caller.Generate("a fox [[fault:429]]", Caller.Model4K);

        Assert.That(time.Waits, Is.Empty);
    }

    [TestCase(-1)]
    [TestCase(101)]
    [TestCase(double.NaN)]
    public void A_factor_that_makes_no_sense_is_refused_at_the_start(double factor)
    {
        Assert.That(
            async () => await Simulator.Start(Caller.Fast with { Latency = factor }, CancellationToken.None),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    /// <summary>A clock whose timers ring at once and which remembers for how long they were set.</summary>
    private sealed class Hurry : TimeProvider
    {
        public ConcurrentQueue<TimeSpan> Waits { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime > TimeSpan.Zero) Waits.Enqueue(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
