using Pipeline.Http;

namespace Pipeline.Tests.Http;

// Each test has places of its own: it leaves some taken.
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class SharedPlacesTests
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    private readonly SharedPlaces places = new(countMax: 3, perCallerMax: 2);

    [Test]
    public async Task Whoever_has_enough_waits_and_lets_others_pass()
    {
        using var first = await Enter("a");
        var second = await Enter("a");
        var third = Enter("a");

        using var other = await Enter("b");
        Assert.That(third.IsCompleted, Is.False);
        second.Dispose();
        second.Dispose();

        using var seated = await third;
        Assert.That(Enter("c").IsCompleted, Is.False);
    }

    [Test]
    public async Task Places_go_to_those_who_came_first()
    {
        var held = new[] { await Enter("a"), await Enter("a"), await Enter("b") };
        var (c, d) = (Enter("c"), Enter("d"));

        held[0].Dispose();
        using var first = await c;
        Assert.That(d.IsCompleted, Is.False);
        held[2].Dispose();

        using var second = await d;
    }

    [Test]
    public async Task Whoever_gives_up_takes_no_place()
    {
        var held = new[] { await Enter("a"), await Enter("a"), await Enter("b") };
        using var stop = new CancellationTokenSource();
        var gone = places.Enter("c", stop.Token);

        await stop.CancelAsync();
        Assert.That(async () => await gone, Throws.InstanceOf<OperationCanceledException>());
        held[0].Dispose();

        using var next = await Enter("d");
    }

    [Test]
    public async Task Whoever_does_not_wait_gets_a_place_only_if_one_is_free_for_him()
    {
        using var first = places.TryEnter("a");
        using var second = places.TryEnter("a");

        Assert.That((first, second), Is.Not.EqualTo(((SharedPlaces.Place?)null, (SharedPlaces.Place?)null)));
        Assert.That(places.TryEnter("a"), Is.Null, "he has enough");
        using var third = places.TryEnter("b");
        Assert.That(places.TryEnter("c"), Is.Null, "there is none");
        first!.Dispose();
        using var fourth = await Enter("c");
        Assert.That(places.TryEnter("a"), Is.Null);
    }

    /// <summary>A place that never comes fails its test, and does not hang it.</summary>
    private Task<SharedPlaces.Place> Enter(string caller) => places.Enter(caller, CancellationToken.None).WaitAsync(Generous);
}
