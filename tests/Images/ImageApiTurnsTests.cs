using Pipeline.Images;

namespace Pipeline.Tests.Images;

/// <summary>Who may call the image API, and when.</summary>
public sealed class ImageApiTurnsTests
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    private readonly MovedTime time = new();

    [Test]
    public async Task Only_so_many_call_at_once_and_the_next_follows_when_one_has_ended()
    {
        using var turns = Turns(new ImageApiOptions { CallsAtOnceMax = 2 });
        using var first = await Granted(turns);
        using var second = await Granted(turns);
        var third = turns.Take(isLarge: false, isBulk: false, default);
        Assert.That(third.IsCompleted, Is.False);

        first.Dispose();

        using var turn = ((TurnOutcome.Granted)await third.WaitAsync(Generous)).Turn;
        Assert.That(turn, Is.Not.Null);
    }

    [TestCase(1, 1)]
    [TestCase(4, 3)]
    [TestCase(32, 24)]
    public async Task Large_pictures_leave_a_quarter_of_the_calls_to_previews(int max, int large)
    {
        using var turns = Turns(new ImageApiOptions { CallsAtOnceMax = max });
        for (var n = 0; n < large; n++) _ = await Granted(turns, isLarge: true);
        var oneMore = turns.Take(isLarge: true, isBulk: false, default);

        Assert.That(oneMore.IsCompleted, Is.False);
        if (max > large) Assert.That(await Granted(turns), Is.Not.Null);
    }

    [TestCase(1, 1)]
    [TestCase(4, 3)]
    [TestCase(32, 24)]
    public async Task Jobs_of_manifests_leave_a_quarter_of_the_calls_to_single_ones(int max, int bulk)
    {
        using var turns = Turns(new ImageApiOptions { CallsAtOnceMax = max });
        for (var n = 0; n < bulk; n++) _ = await Granted(turns, isBulk: true);
        var waiting = Enumerable.Range(0, 3).Select(n => turns.Take(isLarge: n == 0, isBulk: true, default)).ToList();

        Assert.That(waiting.Any(turn => turn.IsCompleted), Is.False);
        if (max > bulk) Assert.That(await Granted(turns), Is.Not.Null, "Who waits in bulk is not before it.");
    }

    [Test]
    public async Task Who_waits_longer_than_a_minute_comes_back_later_and_takes_nobodys_place()
    {
        using var turns = Turns(new ImageApiOptions { CallsAtOnceMax = 1 });
        var first = await Granted(turns);
        var second = turns.Take(isLarge: true, isBulk: false, default);

        time.Move(TimeSpan.FromSeconds(61));
        Assert.That(await second.WaitAsync(Generous), Is.TypeOf<TurnOutcome.Later>());
        first.Dispose();

        Assert.That(await Granted(turns, isLarge: true), Is.Not.Null);
    }

    [Test]
    public async Task A_turn_that_is_disposed_twice_is_given_back_once()
    {
        using var turns = Turns(new ImageApiOptions { CallsAtOnceMax = 1 });
        var first = await Granted(turns);
        first.Dispose();
        first.Dispose();
        _ = await Granted(turns);

        Assert.That(turns.Take(isLarge: false, isBulk: false, default).IsCompleted, Is.False);
    }

    [Test]
    public async Task During_a_pause_nobody_calls_and_is_told_how_long_it_takes()
    {
        using var turns = Turns(new ImageApiOptions());
        turns.Pause(TimeSpan.FromSeconds(40));
        turns.Pause(TimeSpan.FromSeconds(10));

        var denied = await turns.Take(isLarge: false, isBulk: false, default);
        time.Move(TimeSpan.FromSeconds(40));

        Assert.That(
            ((TurnOutcome.Later)denied).Delay, Is.InRange(TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(50)), "Up to a quarter longer.");
        Assert.That(await Granted(turns), Is.Not.Null);
    }

    [Test]
    public async Task Those_who_wait_for_the_end_of_a_pause_do_not_all_come_back_at_once()
    {
        using var turns = Turns(new ImageApiOptions());
        turns.Pause(TimeSpan.FromSeconds(40));

        var delays = new List<TimeSpan>();
        for (var n = 0; n < 100; n++) delays.Add(((TurnOutcome.Later)await turns.Take(isLarge: false, isBulk: false, default)).Delay);

        Assert.That(delays, Is.All.InRange(TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(50)));
        Assert.That(delays.Max() - delays.Min(), Is.GreaterThan(TimeSpan.FromSeconds(8)));
    }

    [Test]
    public async Task Who_is_told_of_a_pause_takes_no_call_of_the_minutes()
    {
        using var turns = Turns(new ImageApiOptions { CallsPerMinute = 20 });
        turns.Pause(TimeSpan.FromSeconds(1));

        // Two calls are within the rate at once; a third would wait for the next.
        for (var n = 0; n < 3; n++) Assert.That(turns.Take(isLarge: false, isBulk: false, default).IsCompleted, Is.True);
        time.Move(TimeSpan.FromSeconds(1));

        (await Granted(turns)).Dispose();
        (await Granted(turns)).Dispose();
    }

    [Test]
    public async Task No_pause_is_longer_than_five_minutes()
    {
        using var turns = Turns(new ImageApiOptions());
        turns.Pause(TimeSpan.FromHours(5));

        time.Move(TimeSpan.FromMinutes(5));

        Assert.That(await Granted(turns), Is.Not.Null);
    }

    [Test]
    public async Task Who_waited_while_a_pause_began_does_not_call_in_it()
    {
        using var turns = Turns(new ImageApiOptions { CallsAtOnceMax = 1 });
        var first = await Granted(turns);
        var second = turns.Take(isLarge: false, isBulk: false, default);
        turns.Pause(TimeSpan.FromSeconds(40));

        first.Dispose();

        Assert.That(await second.WaitAsync(Generous), Is.TypeOf<TurnOutcome.Later>());
        time.Move(TimeSpan.FromSeconds(40));
        Assert.That(await Granted(turns), Is.Not.Null, "The place that was not used is free again.");
    }

    [Test]
    public async Task Calls_are_spread_over_the_minute()
    {
        using var turns = Turns(new ImageApiOptions { CallsPerMinute = 20 });
        (await Granted(turns)).Dispose();
        (await Granted(turns)).Dispose();

        Assert.That(turns.TakeAnotherCall(), Is.False, "A tenth of the minute's calls at once, and no more.");
        Assert.That(turns.Take(isLarge: false, isBulk: false, default).IsCompleted, Is.False);
    }

    [Test]
    public void Without_a_limit_a_call_is_always_within_the_rate()
    {
        using var turns = Turns(new ImageApiOptions());

        Assert.That(Enumerable.Range(0, 1000).All(_ => turns.TakeAnotherCall()), Is.True);
    }

    [Test]
    public async Task Who_gives_up_waiting_is_told_so()
    {
        using var turns = Turns(new ImageApiOptions { CallsAtOnceMax = 1 });
        _ = await Granted(turns);
        using var cancel = new CancellationTokenSource();
        var second = turns.Take(isLarge: false, isBulk: false, cancel.Token);

        await cancel.CancelAsync();

        Assert.That(async () => await second, Throws.InstanceOf<OperationCanceledException>());
    }

    /// <summary>A turn that never comes fails its test, and does not hang it.</summary>
    private static async Task<ImageApiTurn> Granted(ImageApiTurns turns, bool isLarge = false, bool isBulk = false) =>
        ((TurnOutcome.Granted)await turns.Take(isLarge, isBulk, default).WaitAsync(Generous)).Turn;

    private ImageApiTurns Turns(ImageApiOptions options) => new(options, time, new Random(1));
}
