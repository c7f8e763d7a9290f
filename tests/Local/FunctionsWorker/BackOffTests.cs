using Local.FunctionsWorker;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class BackOffTests
{
    private static readonly TimeSpan Min = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Max = TimeSpan.FromSeconds(2);

    [Test]
    public void Waits_double_from_the_shortest_to_the_longest_each_off_by_up_to_a_fifth()
    {
        var backOff = new BackOff(Min, Max, new Random(1));

        foreach (var expected in new[] { 100, 200, 400, 800, 1600, 2000, 2000 })
        {
            var wait = backOff.Next();
            Assert.That(wait.TotalMilliseconds, Is.InRange(expected * 0.8, Math.Min(expected * 1.2, 2000)));
        }
    }

    [Test]
    public void Waits_differ_between_listeners()
    {
        var waits = Enumerable.Range(1, 20).Select(seed => new BackOff(Min, Max, new Random(seed)).Next()).Distinct();

        Assert.That(waits.Count(), Is.GreaterThan(15));
    }

    [Test]
    public void A_message_sets_the_wait_back()
    {
        var backOff = new BackOff(Min, Max, new Random(1));
        for (var i = 0; i < 10; i++) backOff.Next();

        backOff.Reset();

        Assert.That(backOff.Next(), Is.LessThanOrEqualTo(Min * 1.2));
    }
}
