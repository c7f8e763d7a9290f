using Pipeline.Manifests;

namespace Pipeline.Tests.Manifests;

/// <summary>When a contact sheet is written anew.</summary>
public sealed class PageAgeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [TestCase(59, null, 3600, true, TestName = "While_it_runs_it_may_be_a_minute_old")]
    [TestCase(61, null, 3600, false, TestName = "While_it_runs_no_older")]
    [TestCase(31, null, 60, false, TestName = "Nor_beyond_half_of_its_signatures_time")]
    [TestCase(1700, 1700, 3600, true, TestName = "Once_it_is_done_its_last_page_stays")]
    [TestCase(1700, 1699, 3600, true, TestName = "Though_blobs_are_dated_to_the_second")]
    [TestCase(1700, 1690, 3600, false, TestName = "But_not_one_from_before")]
    [TestCase(1801, 1801, 3600, false, TestName = "Nor_one_whose_signatures_are_half_used_up")]
    public void It_shows_its_manifest_as_it_is(int secondsOld, int? finishedBefore, int lifetime, bool isFresh)
    {
        var writtenAt = Now.AddSeconds(-secondsOld);
        var finishedAt = finishedBefore is { } seconds ? Now.AddSeconds(-seconds) : (DateTimeOffset?)null;

        Assert.That(WriteManifestPage.IsFresh(writtenAt, finishedAt, Now, TimeSpan.FromSeconds(lifetime)), Is.EqualTo(isFresh));
    }
}
