namespace Pipeline.Jobs;

/// <summary>Where a client finds a job, and when it should look again.</summary>
public static class JobUrls
{
    /// <summary>Below the app's own URL.</summary>
    public static string PathOf(JobId id) => $"v1/jobs/{id}";

    /// <summary>Seconds between polls: a quarter of what the tier typically takes, so that little is waited and little is asked.</summary>
    public static int PollAfter(Job job) => Math.Max(1, (int)job.Request.Model.TypicalLatency.TotalSeconds / 4);
}
