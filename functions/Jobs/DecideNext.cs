using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>What follows an attempt.</summary>
public abstract record Next
{
    private Next()
    {
    }

    /// <summary>The job ends.</summary>
    public sealed record Finish(JobStatus Status, JobError? Error) : Next;

    /// <summary>Another attempt, later.</summary>
    public sealed record TryAgain(TimeSpan Delay, JobError Reason) : Next;
}

/// <summary>Decides from what an attempt brought whether the job ends or is tried again. The only place that does.</summary>
public static class DecideNext
{
    /// <summary>However long the image API asks to wait; a queue message could wait 7 days.</summary>
    private static readonly TimeSpan DelayMax = TimeSpan.FromHours(1);

    private static readonly TimeSpan BackOffMax = TimeSpan.FromMinutes(5);

    /// <param name="job">The job in the attempt that was made.</param>
    /// <param name="stored">How many of its images are stored by now.</param>
    /// <param name="outcome">How the call ended; null if none was made.</param>
    /// <param name="invalid">Why a delivered image could not be used, or null.</param>
    /// <param name="options">How often, and with what delay.</param>
    public static Next From(Job job, int stored, ImageApiOutcome? outcome, string? invalid, JobOptions options)
    {
        if (stored == job.Request.Num) return new Next.Finish(JobStatus.Succeeded, null);
        if (job.CancelRequested) return new Next.Finish(JobStatus.Canceled, null);

        var again = outcome switch
        {
            ImageApiOutcome.ContentRejected rejected => Final("content_rejected", rejected.Detail),
            ImageApiOutcome.RequestRejected rejected => Final("upstream_rejected", rejected.Detail),
            ImageApiOutcome.NoImage none when job.LastReason?.Code == "no_image" => Final("no_image", none.Detail),
            ImageApiOutcome.NoImage none => Later("no_image", none.Detail, options.RetryDelay),
            ImageApiOutcome.Unavailable down => Later("upstream_unavailable", down.Detail, down.RetryAfter ?? BackOff(job, options)),
            ImageApiOutcome.Unknown lost => Later("outcome_unknown", lost.Detail, BackOff(job, options)),
            ImageApiOutcome.ReferenceUnreachable { MayPass: true } gone =>
                Later("reference_unreachable", gone.Detail, BackOff(job, options)),
            ImageApiOutcome.ReferenceUnreachable gone => Final("reference_unreachable", gone.Detail),
            ImageApiOutcome.Delivered when invalid is not null => Later("output_invalid", invalid, options.RetryDelay),
            ImageApiOutcome.Delivered => Later("images_missing", $"{stored} of {job.Request.Num} images came.", options.RetryDelay),
            _ => Final("outcome_unknown", "The last attempt never reported."),
        };
        if (again.Delay is { } delay && job.Attempts < options.AttemptsMax)
            return new Next.TryAgain(delay < DelayMax ? delay : DelayMax, again.Reason);
        return new Next.Finish(stored > 0 ? JobStatus.PartiallySucceeded : JobStatus.Failed, Contract(again.Reason, job.Attempts));
    }

    private static (JobError Reason, TimeSpan? Delay) Final(string code, string detail) => (new JobError(code, detail), null);

    private static (JobError Reason, TimeSpan? Delay) Later(string code, string detail, TimeSpan delay) =>
        (new JobError(code, detail), delay);

    private static TimeSpan BackOff(Job job, JobOptions options)
    {
        var delay = options.RetryDelay * Math.Pow(2, job.Attempts - 1);
        return delay < BackOffMax ? delay : BackOffMax;
    }

    // Images that never came are no_image to the caller; while there are attempts left they are another reason than an empty answer,
    // which is tried again only once.
    private static JobError Contract(JobError reason, int attempts) => reason with
    {
        Code = reason.Code == "images_missing" ? "no_image" : reason.Code,
        Detail = attempts > 1 ? $"{reason.Detail} ({attempts} attempts)" : reason.Detail,
    };
}
