using System.Globalization;
using Microsoft.Azure.Functions.Worker;
using NCrontab;

namespace Local.FunctionsWorker;

/// <summary>When a timer function is due, in UTC as on Azure.</summary>
internal abstract record Schedule
{
    /// <summary>Below this distance of occurrences the real host does not remember a schedule.</summary>
    private static readonly TimeSpan MonitoredMin = TimeSpan.FromMinutes(1);

    /// <summary>As many as tell a schedule within a minute from one across minutes.</summary>
    private const int OccurrencesToCompare = 5;

    public abstract DateTime Next(DateTime after);

    /// <summary>Whether occurrences are less than a minute apart: missing one is no loss, but writing each one down is.</summary>
    public bool IsFrequent(DateTime now)
    {
        var occurrences = new List<DateTime> { Next(now) };
        while (occurrences.Count < OccurrencesToCompare) occurrences.Add(Next(occurrences[^1]));
        return occurrences.Zip(occurrences.Skip(1)).Any(pair => pair.Second - pair.First < MonitoredMin && pair.Second > pair.First);
    }

    public static Schedule Parse(string function, string text)
    {
        var fields = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length;
        var cron = CrontabSchedule.TryParse(text, new CrontabSchedule.ParseOptions { IncludingSeconds = fields == 6 });
        if (cron is not null) return new Cron(cron);
        var isInterval = TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var interval) && interval > TimeSpan.Zero;
        if (isInterval) return new Interval(interval);
        throw RefusedException.Of(
            function, $"the schedule '{text}' is neither NCRONTAB (second minute hour day month weekday) nor hh:mm:ss.");
    }

    /// <summary>Decides at start what is due, from what is remembered.</summary>
    /// <returns>The status to go on with, whether it is to be written down, and whether an occurrence was missed.</returns>
    public (ScheduleStatus Status, bool IsNew, bool IsPastDue) Resume(ScheduleStatus? remembered, DateTime now)
    {
        if (remembered is null) return (new ScheduleStatus { Next = Next(now), LastUpdated = now }, true, false);
        var since = remembered.LastUpdated != default ? remembered.LastUpdated : remembered.Last;
        if (Next(since) == remembered.Next) return (remembered, false, now > remembered.Next);
        // The schedule is another than the remembered one, so nothing of it was missed.
        return (new ScheduleStatus { Last = remembered.Last, Next = Next(now), LastUpdated = now }, true, false);
    }

    /// <summary>The status after a run; one that came early must not make its own occurrence the next one.</summary>
    public ScheduleStatus After(ScheduleStatus before, DateTime ranAt, bool isScheduled)
    {
        var at = isScheduled && before.Next > ranAt ? before.Next : ranAt;
        return new ScheduleStatus { Last = at, Next = Next(at), LastUpdated = at };
    }

    private sealed record Cron(CrontabSchedule Expression) : Schedule
    {
        public override DateTime Next(DateTime after) => DateTime.SpecifyKind(Expression.GetNextOccurrence(after), DateTimeKind.Utc);
    }

    private sealed record Interval(TimeSpan Length) : Schedule
    {
        public override DateTime Next(DateTime after) => after + Length;
    }
}
