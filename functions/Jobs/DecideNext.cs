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

    /// <summary>The same attempt, later: it called nobody.</summary>
    public sealed record Postpone(TimeSpan Delay) : Next;
}

/// <summary>
/// Decides from what an attempt brought whether the job ends or is tried again. The only place that does; <c>docs/outcomes.md</c> is
/// its table.
/// </summary>
public static class DecideNext
{
    /// <summary>However long the image API asks to wait; a queue message could wait 7 days.</summary>
    private static readonly TimeSpan DelayMax = TimeSpan.FromHours(1);

    private static readonly TimeSpan BackOffMax = TimeSpan.FromMinutes(5);

    /// <param name="job">The job in the attempt that was made, with the images that are stored by now.</param>
    /// <param name="outcome">How the attempt ended; null if it never reported.</param>
    /// <param name="options">How often, and with what delay.</param>
    public static Next From(Job job, ImageApiOutcome? outcome, JobOptions options)
    {
        if (job.Images.Count == job.Request.Num) return new Next.Finish(JobStatus.Succeeded, null);
        if (job.CancelRequested) return new Next.Finish(JobStatus.Canceled, null);
        if (outcome is ImageApiOutcome.LeftAlone left) return new Next.Postpone(left.RetryAfter ?? options.RetryDelay);

        var (code, delay) = Rule(job, outcome, options);
        var reason = new JobError(code, Detail(job, outcome));
        if (delay is { } wait && job.Attempts < options.AttemptsMax) return new Next.TryAgain(wait < DelayMax ? wait : DelayMax, reason);
        return new Next.Finish(
            job.Images.Count > 0 ? JobStatus.PartiallySucceeded : JobStatus.Failed,
            new JobError(Contract(code), job.Attempts > 1 ? $"{reason.Detail} ({job.Attempts} attempts)" : reason.Detail));
    }

    /// <returns>The reason, and after what delay to try again; null for never.</returns>
    private static (string Code, TimeSpan? Delay) Rule(Job job, ImageApiOutcome? outcome, JobOptions options) => outcome switch
    {
        ImageApiOutcome.Delivered => ("images_missing", options.RetryDelay),
        ImageApiOutcome.DeliveredInPart => ("images_missing", options.RetryDelay),
        ImageApiOutcome.ContentRejected => ("content_rejected", null),
        ImageApiOutcome.RequestRejected => ("upstream_rejected", null),
        ImageApiOutcome.KeyRefused => ("upstream_rejected", null),
        ImageApiOutcome.Throttled { RetryAfter: var asked } => ("upstream_unavailable", asked ?? BackOff(job, options)),
        ImageApiOutcome.Unavailable { RetryAfter: var asked } => ("upstream_unavailable", asked ?? BackOff(job, options)),
        ImageApiOutcome.NoImage => ("no_image", job.LastReason?.Code == "no_image" ? null : options.RetryDelay),
        ImageApiOutcome.InvalidOutput => ("output_invalid", options.RetryDelay),
        ImageApiOutcome.Unknown => ("outcome_unknown", options.RetryUnknown ? BackOff(job, options) : null),
        ImageApiOutcome.ReferenceUnreachable gone => ("reference_unreachable", gone.MayPass ? BackOff(job, options) : null),
        null => ("outcome_unknown", null),
        _ => throw new InvalidOperationException($"No rule says what follows {outcome.Name}."),
    };

    private static string Detail(Job job, ImageApiOutcome? outcome) => outcome switch
    {
        null => "The last attempt never reported.",
        ImageApiOutcome.Made => $"{job.Images.Count} of {job.Request.Num} images came.",
        _ => outcome.Detail,
    };

    private static TimeSpan BackOff(Job job, JobOptions options)
    {
        var delay = options.RetryDelay * Math.Pow(2, job.Attempts - 1);
        return delay < BackOffMax ? delay : BackOffMax;
    }

    // Images that never came are no_image to the caller; while there are attempts left they are another reason than an empty answer,
    // which is tried again only once.
    private static string Contract(string code) => code == "images_missing" ? "no_image" : code;
}
