using Local.FunctionsWorker;
using Microsoft.Azure.Functions.Worker;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class ScheduleTests
{
    private static readonly DateTime Noon = new(2026, 11, 22, 12, 0, 0, DateTimeKind.Utc);

    [TestCase("0 */5 * * * *", "2026-11-22T12:05:00Z")]
    [TestCase("*/5 * * * *", "2026-11-22T12:05:00Z", Description = "five fields have no seconds")]
    [TestCase("30 0 9 * * MON", "2026-11-23T09:00:30Z")]
    [TestCase("01:30:00", "2026-11-22T13:30:00Z")]
    public void The_next_occurrence_is_in_UTC(string schedule, string next)
    {
        var due = Schedule.Parse("Sweep", schedule).Next(Noon);

        Assert.That((due.ToString("yyyy-MM-dd'T'HH:mm:ssK", null), due.Kind), Is.EqualTo((next, DateTimeKind.Utc)));
    }

    [TestCase("* * * * * *", ExpectedResult = true)]
    [TestCase("0,30 * * * * *", ExpectedResult = true)]
    [TestCase("0 * * * * *", ExpectedResult = false)]
    [TestCase("00:00:30", ExpectedResult = true)]
    [TestCase("00:01:00", ExpectedResult = false)]
    public bool Only_schedules_of_a_minute_and_more_are_remembered(string schedule) => Schedule.Parse("Sweep", schedule).IsFrequent(Noon);

    [Test]
    public void A_schedule_that_was_changed_missed_nothing()
    {
        var remembered = new ScheduleStatus { Last = Noon.AddHours(-3), Next = Noon.AddHours(-2), LastUpdated = Noon.AddHours(-3) };

        var (status, isNew, isPastDue) = Schedule.Parse("Sweep", "0 0 0 * * *").Resume(remembered, Noon);

        Assert.That((status.Next, isNew, isPastDue), Is.EqualTo((Noon.AddHours(12), true, false)));
    }

    [Test]
    public void A_run_that_came_early_does_not_come_again()
    {
        var schedule = Schedule.Parse("Sweep", "0 0 * * * *");
        var before = new ScheduleStatus { Next = Noon };

        var after = schedule.After(before, Noon.AddMilliseconds(-3), isScheduled: true);

        Assert.That(after.Next, Is.EqualTo(Noon.AddHours(1)));
    }
}
