using FsCheck;
using FsCheck.Fluent;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>When a failed delivery is tried again.</summary>
public sealed class DeliveryScheduleTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void The_delays_are_those_of_the_contract() => Assert.That(
        Enumerable.Range(1, 9).Select(tries => DeliverySchedule.Next(tries, null, Now, 0) - Now),
        Is.EqualTo(new TimeSpan?[]
        {
            TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
            TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24),
        }));

    [Test]
    public void The_tenth_try_is_the_last() => Assert.That(DeliverySchedule.Next(10, null, Now, 0.5), Is.Null);

    [Test]
    public void A_delay_is_longer_by_a_tenth_at_most_and_never_longer_than_a_message_can_wait() => Prop.ForAll(
        Gen.Zip(Gen.Choose(1, 9), Gen.Choose(0, 1000)).ToArbitrary(),
        given =>
        {
            var (tries, chance) = given;
            var planned = DeliverySchedule.Delays[tries - 1];
            var delay = DeliverySchedule.Next(tries, null, Now, chance / 1000.0)!.Value - Now;
            return delay >= planned && delay <= planned * 1.101 && delay < TimeSpan.FromDays(7);
        }).QuickCheckThrowOnFailure();

    [Test]
    public void An_endpoint_that_was_away_for_three_days_is_tried_once_more() => Assert.That(
        DeliverySchedule.Delays.Aggregate(TimeSpan.Zero, (sum, delay) => sum + delay), Is.GreaterThan(TimeSpan.FromHours(72)));

    [TestCase(1, 3, 5)]
    [TestCase(1, 60, 60)]
    [TestCase(3, 60, 1800)]
    [TestCase(1, 86_400, 86_400)]
    [TestCase(1, 86_401, 86_400)]
    [TestCase(1, 999_999_999, 86_400)]
    [TestCase(1, -5, 5)]
    public void What_a_receiver_asks_for_counts_if_it_is_longer_up_to_a_day(int tries, int asked, int seconds) => Assert.That(
        DeliverySchedule.Next(tries, TimeSpan.FromSeconds(asked), Now, 0), Is.EqualTo(Now.AddSeconds(seconds)));

    [TestCase(0, 2)]
    [TestCase(1, 4)]
    [TestCase(3, 16)]
    [TestCase(100, 3600)]
    public void What_finds_no_room_stands_back_ever_longer_up_to_an_hour(int deferred, int seconds) => Assert.That(
        DeliverySchedule.StandBack(deferred, 1), Is.EqualTo(TimeSpan.FromSeconds(seconds)));
}
