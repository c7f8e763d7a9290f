using Pipeline.Accounts;

namespace Pipeline.Jobs;

/// <summary>A job as it begins: queued, its whole price held.</summary>
public static class NewJob
{
    public static Job From(AccountId account, JobId id, JobRequest request, string? manifest, DateTimeOffset now) => new()
    {
        Account = account,
        Id = id,
        Request = request,
        Manifest = manifest,
        Status = JobStatus.Queued,
        CreatedAt = now,
        StartBefore = now + request.StartBefore,
        Warnings = request.Advice,
        Credits = new JobCredits(Held: JobPrice.Of(request.Model, request.Num).Credits, Captured: 0, Released: 0),
    };

    /// <summary>
    /// A job as its first answer showed it, whatever became of it since: made again from what never changes, so that no copy of the
    /// answer is kept.
    /// </summary>
    public static Job AsAccepted(Job job) => From(job.Account, job.Id, job.Request, job.Manifest, job.CreatedAt) with
    {
        Parent = job.Parent,
        Conversation = job.Conversation,
        // Its price then, should the catalogue have changed since.
        Credits = new JobCredits(job.Credits.Held + job.Credits.Captured + job.Credits.Released, Captured: 0, Released: 0),
    };
}
