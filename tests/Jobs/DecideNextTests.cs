using Local.Up;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

public sealed class DecideNextTests
{
    private static readonly JobOptions Options = new() { AttemptsMax = 5, RetryDelay = TimeSpan.FromSeconds(5) };

    [Test]
    public void All_images_stored_is_success_however_the_call_ended() =>
        Assert.That(After(stored: 2, new ImageApiOutcome.Unknown("lost")), Is.EqualTo(new Next.Finish(JobStatus.Succeeded, null)));

    [TestCase(0, JobStatus.Failed)]
    [TestCase(1, JobStatus.PartiallySucceeded)]
    public void Rejected_content_is_not_asked_for_again(int stored, JobStatus status) =>
        Assert.That(
            After(stored, new ImageApiOutcome.ContentRejected("no")),
            Is.EqualTo(new Next.Finish(status, new JobError("content_rejected", "no"))));

    [Test]
    public void A_rejected_request_or_key_is_not_sent_again() =>
        Assert.That(
            new[] { After(0, new ImageApiOutcome.RequestRejected("no")), After(0, new ImageApiOutcome.KeyRefused("no")) },
            Is.All.EqualTo(new Next.Finish(JobStatus.Failed, new JobError("upstream_rejected", "no"))));

    [Test]
    public void An_outcome_that_nobody_knows_is_tried_again_unless_that_is_switched_off()
    {
        Assert.That(After(0, new ImageApiOutcome.Unknown("lost")), Is.TypeOf<Next.TryAgain>());
        Assert.That(
            After(0, new ImageApiOutcome.Unknown("lost"), options: new JobOptions { RetryUnknown = false }),
            Is.EqualTo(new Next.Finish(JobStatus.Failed, new JobError("outcome_unknown", "lost"))));
    }

    /// <summary>
    /// The table in <c>docs/outcomes.md</c>, row by row: what follows the first attempt, and what the last one's error is.
    /// </summary>
    [Test]
    public void The_documented_table_of_outcomes_is_what_is_decided()
    {
        var rows = File.ReadAllLines(Checkout.PathTo("docs", "outcomes.md"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length == 6 && cells[1].StartsWith('`'))
            .ToDictionary(cells => cells[1].Trim('`'), cells => (Follows: cells[3], Code: cells[4].Trim('`')));

        Assert.That(
            rows.Keys, Is.EquivalentTo(Outcomes.Select(outcome => outcome.Name).Append(Attempt.Unreported).Append(Attempt.NotNeeded)));
        Assert.Multiple(() =>
        {
            foreach (var outcome in Outcomes)
            {
                var (follows, code) = rows[outcome.Name];
                var stored = outcome is ImageApiOutcome.Delivered ? 2 : 0;
                var first = After(stored, outcome);
                var last = After(stored, outcome, attempts: Options.AttemptsMax);
                Assert.That(Word(first), Is.EqualTo(follows.Split([' ', ';', ':'])[0]), outcome.Name);
                Assert.That((last as Next.Finish)?.Error?.Code ?? "none", Is.EqualTo(code), outcome.Name);
                Assert.That(last, Is.Not.TypeOf<Next.TryAgain>(), outcome.Name);
            }
        });
        Assert.That(((Next.Finish)After(0, null, attempts: 1)).Error!.Code, Is.EqualTo(rows[Attempt.Unreported].Code));

        static string Word(Next next) => next switch
        {
            Next.TryAgain => "again",
            Next.Postpone => "postponed",
            _ => "ends",
        };
    }

    [TestCase(1)]
    [TestCase(5)]
    public void A_job_for_which_nobody_was_called_waits_as_long_as_the_API_is_left_alone_whatever_its_attempt(int attempts)
    {
        var left = new ImageApiOutcome.LeftAlone("broken", TimeSpan.FromSeconds(30));

        Assert.That(After(1, left, attempts), Is.EqualTo(new Next.Postpone(TimeSpan.FromSeconds(30))));
        Assert.That(After(1, left with { RetryAfter = null }, attempts), Is.EqualTo(new Next.Postpone(Options.RetryDelay)));
        Assert.That(After(1, left, attempts, cancelRequested: true), Is.EqualTo(new Next.Finish(JobStatus.Canceled, null)));
    }

    [Test]
    public void No_kind_of_outcome_is_forgotten_here() => Assert.That(
        Outcomes.Select(outcome => outcome.GetType()),
        Is.EquivalentTo(typeof(ImageApiOutcome).GetNestedTypes().Where(type => !type.IsAbstract)));

    [Test]
    public void An_image_that_is_gone_ends_the_job_and_one_that_may_come_is_waited_for_within_the_attempts()
    {
        var gone = After(0, new ImageApiOutcome.ReferenceUnreachable("404", MayPass: false));
        var late = After(0, new ImageApiOutcome.ReferenceUnreachable("503", MayPass: true), attempts: 2);
        var last = After(0, new ImageApiOutcome.ReferenceUnreachable("503", MayPass: true), attempts: 5);

        Assert.That(gone, Is.EqualTo(new Next.Finish(JobStatus.Failed, new JobError("reference_unreachable", "404"))));
        Assert.That(late, Is.EqualTo(new Next.TryAgain(TimeSpan.FromSeconds(10), new JobError("reference_unreachable", "503"))));
        Assert.That(last, Is.EqualTo(new Next.Finish(JobStatus.Failed, new JobError("reference_unreachable", "503 (5 attempts)"))));
    }

    [Test]
    public void An_answer_without_an_image_is_tried_again_once()
    {
        var first = After(0, new ImageApiOutcome.NoImage("none"));
        var second = After(0, new ImageApiOutcome.NoImage("none"), attempts: 2, lastReason: "no_image");

        Assert.That(first, Is.EqualTo(new Next.TryAgain(TimeSpan.FromSeconds(5), new JobError("no_image", "none"))));
        Assert.That(second, Is.EqualTo(new Next.Finish(JobStatus.Failed, new JobError("no_image", "none (2 attempts)"))));
    }

    [TestCase(1, 5)]
    [TestCase(2, 10)]
    [TestCase(4, 40)]
    public void An_unavailable_API_is_left_alone_twice_as_long_each_time(int attempts, int seconds) =>
        Assert.That(
            ((Next.TryAgain)After(0, new ImageApiOutcome.Unavailable("503", null), attempts)).Delay,
            Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    [Test]
    public void What_the_API_asks_to_wait_is_waited_but_no_longer_than_an_hour()
    {
        Assert.That(Delay(TimeSpan.FromMinutes(7)), Is.EqualTo(TimeSpan.FromMinutes(7)));
        Assert.That(Delay(TimeSpan.FromDays(30)), Is.EqualTo(TimeSpan.FromHours(1)));

        static TimeSpan Delay(TimeSpan asked) => ((Next.TryAgain)After(0, new ImageApiOutcome.Unavailable("429", asked))).Delay;
    }

    [TestCase("upstream_unavailable")]
    [TestCase("outcome_unknown")]
    [TestCase("output_invalid")]
    [TestCase("no_image")]
    public void The_last_attempt_ends_the_job_with_its_own_reason(string code)
    {
        var next = code switch
        {
            "upstream_unavailable" => After(0, new ImageApiOutcome.Unavailable("x", null), attempts: 5),
            "outcome_unknown" => After(0, new ImageApiOutcome.Unknown("x"), attempts: 5),
            "output_invalid" => After(0, new ImageApiOutcome.InvalidOutput("x"), attempts: 5),
            _ => After(0, InPart(), attempts: 5),
        };

        Assert.That(next, Is.TypeOf<Next.Finish>());
        Assert.That(((Next.Finish)next).Error!.Code, Is.EqualTo(code));
    }

    [Test]
    public void Images_that_are_missing_are_asked_for_again_and_then_the_job_is_partly_done()
    {
        Assert.That(After(1, InPart()), Is.TypeOf<Next.TryAgain>());
        Assert.That(((Next.Finish)After(1, InPart(), attempts: 5)).Status, Is.EqualTo(JobStatus.PartiallySucceeded));
    }

    [TestCase(0, JobStatus.Canceled)]
    [TestCase(1, JobStatus.Canceled)]
    [TestCase(2, JobStatus.Succeeded)]
    public void A_job_whose_caller_wants_it_ended_keeps_what_came_and_is_not_tried_again(int stored, JobStatus status)
    {
        var outcomes = new ImageApiOutcome[]
        {
            InPart(), new ImageApiOutcome.Unavailable("503", null), new ImageApiOutcome.ContentRejected("no"),
        };

        Assert.That(
            outcomes.Select(outcome => After(stored, outcome, cancelRequested: true)), Is.All.EqualTo(new Next.Finish(status, null)));
    }

    private static readonly Uri[] Urls = [new("https://images.example/0.png")];

    private static IReadOnlyList<ImageApiOutcome> Outcomes =>
    [
        new ImageApiOutcome.Delivered(Urls), InPart(), new ImageApiOutcome.ContentRejected("x"), new ImageApiOutcome.RequestRejected("x"),
        new ImageApiOutcome.KeyRefused("x"), new ImageApiOutcome.Throttled("x", null), new ImageApiOutcome.Unavailable("x", null),
        new ImageApiOutcome.NoImage("x"), new ImageApiOutcome.InvalidOutput("x"), new ImageApiOutcome.Unknown("x"),
        new ImageApiOutcome.LeftAlone("x", null), new ImageApiOutcome.ReferenceUnreachable("x", MayPass: true),
    ];

    private static ImageApiOutcome.DeliveredInPart InPart() => new(Urls, "1 of 2 images came.");

    private static Next After(
        int stored, ImageApiOutcome? outcome, int attempts = 1, string? lastReason = null, bool cancelRequested = false,
        JobOptions? options = null)
    {
        var request = new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Default, Num = 2 };
        var job = NewJob.From(AccountId.Parse("demo"), JobId.New(DateTimeOffset.UnixEpoch), request, null, DateTimeOffset.UnixEpoch) with
        {
            Attempts = attempts,
            CancelRequested = cancelRequested,
            LastReason = lastReason is null ? null : new JobError(lastReason, ""),
            Images = [.. Enumerable.Range(0, stored).Select(index => new StoredImage(index, $"{index}.png", "image/png", 1, 1, 1, ""))],
        };
        return DecideNext.From(job, outcome, options ?? Options);
    }
}
