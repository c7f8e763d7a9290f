using System.ComponentModel;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>One attempt at a job, as its row keeps it: begun in the claim's write, ended in the one that settles what follows.</summary>
/// <param name="Number">From 1.</param>
/// <param name="StartedAt">When a worker claimed the job for it.</param>
/// <param name="EndedAt">When it reported; null while it has not.</param>
/// <param name="Outcome">A name of the table of outcomes in <c>docs/outcomes.md</c>; null while it is under way.</param>
/// <param name="Detail">What happened, for people; null if nothing needs to be said.</param>
/// <param name="Calls">How many requests it sent to the image API. Of an attempt that never reported, at least the claim is known.</param>
/// <param name="Asked">How many images it was to bring.</param>
/// <param name="Made">How many the image API made: what it charges for.</param>
/// <param name="Stored">How many of them are stored: what the caller pays for.</param>
public sealed record Attempt(
    int Number, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Outcome, string? Detail, int Calls, int Asked, int Made,
    int Stored)
{
    /// <summary>The outcome of an attempt whose worker died, or lost its claim: it may have called the image API.</summary>
    public const string Unreported = "unreported";

    /// <summary>The outcome of an attempt that found all images stored by the one before, and called nobody.</summary>
    public const string NotNeeded = "not_needed";

    public static Attempt Begun(int number, DateTimeOffset now, int asked) => new(number, now, null, null, null, 0, asked, 0, 0);

    /// <summary>The history with one more attempt, which has begun. One before it that never reported never will.</summary>
    public static IReadOnlyList<Attempt> Begin(IReadOnlyList<Attempt> history, int number, DateTimeOffset now, int asked) =>
        [.. Close(history), Begun(number, now, asked)];

    /// <summary>The history of a job that nobody is at any more.</summary>
    public static IReadOnlyList<Attempt> Close(IReadOnlyList<Attempt> history) =>
        [.. history.Select(attempt => attempt.Outcome is null ? attempt with { Outcome = Unreported } : attempt)];

    /// <summary>The job as it was before its latest attempt, which called nobody; what it fetched meanwhile stays.</summary>
    public static Job TakeBack(Job job) => job with
    {
        Attempts = job.Attempts - 1,
        Status = job.Attempts > 1 ? job.Status : JobStatus.Queued,
        StartedAt = job.Attempts > 1 ? job.StartedAt : null,
        History = [.. job.History.SkipLast(1)],
    };

    /// <summary>The history with its latest attempt ended.</summary>
    public static IReadOnlyList<Attempt> End(
        IReadOnlyList<Attempt> history, DateTimeOffset now, ImageApiAnswer? answer, int asked, int made, int stored) =>
        [
            .. history.SkipLast(1),
            history[^1] with
            {
                EndedAt = now,
                Outcome = answer?.Outcome.Name ?? NotNeeded,
                Detail = answer?.Outcome.Detail is { Length: > 0 } detail ? detail : null,
                Calls = answer?.Calls ?? 0,
                Asked = asked,
                Made = made,
                Stored = stored,
            },
        ];
}

/// <summary>One attempt at a job as the contract shows it.</summary>
public sealed record AttemptView(
    [Description("From 1.")] int Attempt,
    DateTimeOffset StartedAt,
    [Description("Null while it is under way, and of one that never reported.")] DateTimeOffset? EndedAt,
    [Description("How it ended; null while it is under way.")] string? Outcome,
    string? Detail,
    [Description("How many images it stored.")] int Images)
{
    public static AttemptView Of(Attempt attempt) =>
        new(attempt.Number, attempt.StartedAt, attempt.EndedAt, attempt.Outcome, attempt.Detail, attempt.Stored);
}
