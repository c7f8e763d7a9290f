using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

public sealed class ClaimRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void A_queued_job_may_be_taken() => Assert.That(Decide(NewJob()), Is.EqualTo(ClaimRule.Take));

    [Test]
    public void A_job_that_is_done_is_left(
        [Values(JobStatus.Succeeded, JobStatus.PartiallySucceeded, JobStatus.Failed, JobStatus.Canceled, JobStatus.Expired)]
        JobStatus status) =>
        Assert.That(Decide(NewJob() with { Status = status }), Is.EqualTo(ClaimRule.Leave));

    [TestCase(1, ClaimRule.Leave)]
    [TestCase(0, ClaimRule.Take)]
    [TestCase(-1, ClaimRule.Take)]
    public void A_claim_stands_until_its_lease_ends(int seconds, ClaimRule rule) =>
        Assert.That(
            Decide(NewJob() with { Status = JobStatus.Running, Attempts = 1, Claim = "other", LeaseUntil = Now.AddSeconds(seconds) }),
            Is.EqualTo(rule));

    [Test]
    public void A_job_between_two_attempts_may_be_taken_when_its_message_comes_a_little_early() =>
        Assert.That(
            Decide(NewJob() with { Status = JobStatus.Running, Attempts = 1, LeaseUntil = Now.AddMilliseconds(50) }),
            Is.EqualTo(ClaimRule.Take));

    [TestCase(5, ClaimRule.Take)]
    [TestCase(6, ClaimRule.Leave)]
    public void A_duplicate_message_does_not_shorten_a_wait(int seconds, ClaimRule rule) =>
        Assert.That(
            Decide(NewJob() with { Status = JobStatus.Running, Attempts = 1, LeaseUntil = Now.AddSeconds(seconds) }), Is.EqualTo(rule));

    [TestCase(true, ClaimRule.Take)]
    [TestCase(false, ClaimRule.GiveUp)]
    public void A_job_whose_worker_died_is_tried_again_as_is_set(bool retryUnknown, ClaimRule rule)
    {
        var dead = NewJob() with
        {
            Status = JobStatus.Running,
            Attempts = 1,
            Claim = "dead",
            LeaseUntil = Now.AddSeconds(-1),
            History = Attempt.Begin([], 1, Now.AddMinutes(-1), asked: 1),
        };

        Assert.That(Decide(dead, retryUnknown), Is.EqualTo(rule));
    }

    [TestCase(4, ClaimRule.Take)]
    [TestCase(5, ClaimRule.GiveUp)]
    public void A_job_whose_attempts_are_used_up_is_ended(int attempts, ClaimRule rule) =>
        Assert.That(
            Decide(NewJob() with { Status = JobStatus.Running, Attempts = attempts, Claim = "dead", LeaseUntil = Now.AddSeconds(-1) }),
            Is.EqualTo(rule));

    [Test]
    public void A_job_whose_caller_wants_it_ended_is_ended_once_its_worker_is_gone(
        [Values(JobStatus.Queued, JobStatus.Running)] JobStatus status, [Values(0, 5)] int attempts)
    {
        var asked = NewJob() with { Status = status, Attempts = attempts, CancelRequested = true, StartBefore = Now };

        Assert.That(Decide(asked), Is.EqualTo(ClaimRule.Cancel));
        Assert.That(Decide(asked with { Claim = "dead", LeaseUntil = Now }), Is.EqualTo(ClaimRule.Cancel));
        Assert.That(Decide(asked with { Claim = "alive", LeaseUntil = Now.AddSeconds(1) }), Is.EqualTo(ClaimRule.Leave));
    }

    [TestCase(1, ClaimRule.Take)]
    [TestCase(0, ClaimRule.Expire)]
    [TestCase(-1, ClaimRule.Expire)]
    public void A_job_that_is_not_begun_in_time_expires(int seconds, ClaimRule rule) =>
        Assert.That(Decide(NewJob() with { StartBefore = Now.AddSeconds(seconds) }), Is.EqualTo(rule));

    [Test]
    public void A_job_that_was_begun_never_expires()
    {
        var begun = NewJob() with { Status = JobStatus.Running, Attempts = 1, StartBefore = Now.AddSeconds(-1) };

        Assert.That(Decide(begun), Is.EqualTo(ClaimRule.Take));
        Assert.That(Decide(begun with { Claim = "alive", LeaseUntil = Now.AddSeconds(1) }), Is.EqualTo(ClaimRule.Leave));
        Assert.That(Decide(begun with { Claim = "dead", LeaseUntil = Now.AddSeconds(-1) }), Is.EqualTo(ClaimRule.Take));
    }

    private static ClaimRule Decide(Job job, bool retryUnknown = true) =>
        ClaimRules.Decide(job, new JobOptions { AttemptsMax = 5, RetryUnknown = retryUnknown }, Now);

    private static Job NewJob() => Pipeline.Jobs.NewJob.From(
        AccountId.Parse("demo"), JobId.New(Now),
        new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Default, Num = 1 }, null, Now);
}
