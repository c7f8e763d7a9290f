using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

public sealed class NewJobTests
{
    [Test]
    public void A_job_is_shown_as_it_was_accepted_whatever_became_of_it()
    {
        var now = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
        var request = new JobRequest
        {
            Prompt = "A cat",
            Model = Catalogue.Load().Default,
            Num = 2,
            StartBefore = TimeSpan.FromMinutes(5),
            Advice = [new JobWarning("prompt_short", "two words")],
        };
        var accepted = NewJob.From(AccountId.Parse("demo"), JobId.New(now), request, manifest: null, now) with
        {
            Parent = JobId.New(now),
            Conversation = ["job_0/0"],
        };
        var ended = accepted with
        {
            Status = JobStatus.PartiallySucceeded,
            StartedAt = now,
            FinishedAt = now,
            Attempts = 3,
            Claim = "claim",
            LeaseUntil = now,
            Images = [new StoredImage(0, "demo/job/0.png", "image/png", 1, 1, 1, "00")],
            LastReason = new JobError("no_image", "none"),
            Error = new JobError("no_image", "none"),
            Warnings = [.. accepted.Warnings, new JobWarning("size_mismatch", "small")],
            Credits = new JobCredits(Held: 0, Captured: 4, Released: 4),
        };

        Assert.That(NewJob.AsAccepted(ended), Is.EqualTo(accepted));
    }
}
