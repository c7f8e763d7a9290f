namespace Microsoft.Azure.Functions.Worker;

/// <summary>Why and when a timer function runs.</summary>
public class TimerInfo
{
    /// <summary>When the schedule ran and will run, in UTC; null where the schedule is not monitored.</summary>
    public ScheduleStatus? ScheduleStatus { get; set; }

    /// <summary>Whether this run makes up for one that was missed while nothing ran.</summary>
    public bool IsPastDue { get; set; }
}

/// <summary>What is remembered of a schedule.</summary>
public class ScheduleStatus
{
    /// <summary>When it ran last; the minimum where it never did.</summary>
    public DateTime Last { get; set; }

    public DateTime Next { get; set; }

    public DateTime LastUpdated { get; set; }
}
