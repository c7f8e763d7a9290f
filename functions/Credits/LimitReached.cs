namespace Pipeline.Credits;

/// <summary>A limit of the account that a hold would exceed.</summary>
/// <param name="Name">The field of the account's limits.</param>
/// <param name="Max">The limit.</param>
/// <param name="Used">What is used of it.</param>
/// <param name="Asked">What was asked for besides.</param>
/// <param name="RetryAfter">When it may be worth another try.</param>
public sealed record LimitReached(string Name, long Max, long Used, long Asked, TimeSpan RetryAfter)
{
    /// <summary>An open job is done in about this.</summary>
    private static readonly TimeSpan JobTime = TimeSpan.FromSeconds(15);

    /// <summary>Whether the account may hold so much for so many jobs, apart from having the credits.</summary>
    public static LimitReached? By(Books books, long credits, long jobs)
    {
        // What is held now may be captured today; so a day never captures more than its limit, unless it began with more on hold.
        var today = books.SpentToday + books.Balance.Held;
        if (books.Limits.CreditsPerDay is { } perDay && today + credits > perDay)
            return new("credits_per_day", perDay, today, credits, UntilMidnight(books.RecordedAt));
        if (books.Limits.OpenJobs is { } open && books.OpenJobs + jobs > open)
            return new("open_jobs", open, books.OpenJobs, jobs, JobTime);
        return null;
    }

    /// <summary>For people, with the way out.</summary>
    public override string ToString() => Name == "open_jobs"
        ? $"{Used} jobs are open and this makes {Asked} more, but at most {Max} may be open at once in this account: "
            + $"{(Asked > Max ? "ask for fewer at once" : "wait until some are done, cancel some")}, or ask the operator for more."
        : $"{Used} credits are spent or held today and this needs {Asked} more, but at most {Max} may be spent in this account in a day: "
            + $"{(Asked > Max ? "ask for less at once" : "wait for the next day by UTC")}, or ask the operator for more.";

    private static TimeSpan UntilMidnight(DateTimeOffset now) => now.UtcDateTime.Date.AddDays(1) - now.UtcDateTime;
}
