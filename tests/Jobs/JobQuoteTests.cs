using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

public sealed class JobQuoteTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    // 0.04 / 0.05, 0.04 / 0.067, 0.06 / 0.101 and 0.08 / 0.151.
    [TestCase("512", 20)]
    [TestCase("1k", 40)]
    [TestCase("2k", 41)]
    [TestCase("4k", 47)]
    public void What_is_saved_is_to_the_nearest_percent(string model, int percent) =>
        Assert.That(JobQuote.Of(Job(model, 4), available: 100).SavingPercent, Is.EqualTo(percent));

    [Test]
    public void All_of_the_credits_are_enough_and_warn_of_nothing()
    {
        var quote = JobQuote.Of(Job("2k", 4), available: 24);

        Assert.That((quote.Credits, quote.Usd, quote.OfficialUsd, quote.AvailableAfter), Is.EqualTo((24L, 0.24m, 0.404m, 0L)));
        Assert.That(quote.Warnings, Is.Empty);
    }

    [Test]
    public void One_credit_less_is_too_few_and_warned_of_with_what_else_there_is()
    {
        var advice = new JobWarning("advice", "Say more.");

        var quote = JobQuote.Of(Job("2k", 4) with { Warnings = [advice] }, available: 23);

        Assert.That(quote.AvailableAfter, Is.EqualTo(-1));
        Assert.That(
            quote.Warnings,
            Is.EqualTo(new[]
            {
                advice, new JobWarning("insufficient_credits", "This needs 24 credits and 23 are available: 1 too few."),
            }));
    }

    private static Job Job(string model, int num) => NewJob.From(
        AccountId.Parse("demo"), JobId.New(Now),
        new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Find(model)!, Num = num }, manifest: null, Now);
}
