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
}
