using Azure;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Tests.Jobs;

/// <summary>When a caller may be told that nothing has changed.</summary>
public sealed class JobTagTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private static readonly Job Open = NewJob.From(
        AccountId.Parse("demo"), JobId.New(Now), new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Default }, null, Now)
        with
    { ETag = new ETag("W/\"datetime'2026-03-01T12%3A00%3A00Z'\"") };

    private static readonly Job WithImage = Open with { Images = [new StoredImage(0, "demo/job/0.png", "image/png", 1, 1, 1, "00")] };

    [Test]
    public void It_is_weak_and_changes_with_what_is_shown_and_not_with_the_lease()
    {
        var tag = JobTag.Of(Open, Hour, Now);

        Assert.That(tag.IsWeak, Is.True);
        Assert.That(JobTag.Of(Open, Hour, Now), Is.EqualTo(tag));
        Assert.That(JobTag.Of(Open with { Attempts = 1 }, Hour, Now), Is.Not.EqualTo(tag));
        Assert.That(JobTag.Of(Open with { LeaseUntil = Now, Claim = "x", ETag = ETag.All }, Hour, Now), Is.EqualTo(tag));
        Assert.That(JobTag.Of(Open with { CancelRequested = true }, Hour, Now), Is.Not.EqualTo(tag));
    }

    [Test]
    public void Without_signed_URLs_time_does_not_change_it() =>
        Assert.That(JobTag.Of(Open, Hour, Now + (10 * Hour)), Is.EqualTo(JobTag.Of(Open, Hour, Now)));

    [Test]
    public void After_half_of_the_URLs_lifetime_it_is_another_one() =>
        Assert.That(JobTag.Of(WithImage, Hour, Now + (Hour / 2)), Is.Not.EqualTo(JobTag.Of(WithImage, Hour, Now)));

    [Test]
    public void Whoever_is_told_that_nothing_changed_has_URLs_for_another_half_of_their_lifetime()
    {
        var cases = Gen.Choose(60, 5 * 86_400).SelectMany(lifetime => Gen.Choose(0, int.MaxValue)
            .SelectMany(signed => Gen.Choose(0, 2 * lifetime).Select(passed => (lifetime, signed, passed))));

        Prop.ForAll(cases.ToArbitrary(), times =>
        {
            var (lifetime, signed, passed) = times;
            var urlLifetime = TimeSpan.FromSeconds(lifetime);
            var signedAt = DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(signed);
            var askedAt = signedAt + TimeSpan.FromSeconds(passed);
            var unchanged = JobTag.Of(WithImage, urlLifetime, signedAt).Equals(JobTag.Of(WithImage, urlLifetime, askedAt));
            return !unchanged || signedAt + urlLifetime - askedAt > urlLifetime / 2;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }

    [TestCase("*", ExpectedResult = true)]
    [TestCase("{0}", ExpectedResult = true)]
    [TestCase("\"a\", W/\"b\" , {0}", ExpectedResult = true)]
    [TestCase("\"a\", W/\"b\"", ExpectedResult = false)]
    [TestCase("no tag", ExpectedResult = false)]
    [TestCase("", ExpectedResult = false)]
    public bool A_list_of_tags_may_hold_it(string list)
    {
        var tag = new JobTag(new OutputOptions(), TimeProvider.System);

        return tag.IsKnown(JobTag.Read(string.Format(null, list, tag.Of(Open))), Open);
    }

    [Test]
    public void Tags_are_compared_weakly_and_may_come_in_several_headers()
    {
        var tag = new JobTag(new OutputOptions(), TimeProvider.System);
        var strong = tag.Of(Open).Tag.ToString();

        Assert.That(tag.IsKnown(JobTag.Read(new StringValues(["\"a\"", strong])), Open), Is.True);
        Assert.That(JobTag.Read(StringValues.Empty), Is.Empty);
        Assert.That(EntityTagHeaderValue.TryParse(tag.Of(Open).ToString(), out _), Is.True);
    }
}
