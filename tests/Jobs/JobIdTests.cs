using FsCheck;
using FsCheck.Fluent;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

public sealed class JobIdTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void Later_ids_sort_later_and_their_rows_sort_first()
    {
        Prop.ForAll(Gen.Choose(1, int.MaxValue).ToArbitrary(), milliseconds =>
        {
            var earlier = JobId.New(Now);
            var later = JobId.New(Now.AddMilliseconds(milliseconds));
            return string.CompareOrdinal(earlier.Value, later.Value) < 0 && string.CompareOrdinal(earlier.RowKey, later.RowKey) > 0;
        }).Check(Config.QuickThrowOnFailure);
    }

    [Test]
    public void Each_is_read_back_from_its_text()
    {
        var id = JobId.New(Now);

        Assert.That(JobId.TryParse(id.Value, out var read), Is.True);
        Assert.That(read, Is.EqualTo(id));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("job_")]
    [TestCase("job_01m82b1mjcs76cjagt8m64atf")]
    [TestCase("job_01m82b1mjcs76cjagt8m64atfnn")]
    [TestCase("job_01M82B1MJCS76CJAGT8M64ATFN")]
    [TestCase("job_01m82b1mjcs76cjagt8m64atf/")]
    [TestCase("mf__01m82b1mjcs76cjagt8m64atfn")]
    public void What_is_no_id_is_refused(string? text) => Assert.That(JobId.TryParse(text, out _), Is.False);

    [Test]
    public void The_jobs_of_a_manifest_have_the_same_ids_at_every_try_and_lie_side_by_side()
    {
        const string Seed = "0123456789abcdef";
        var first = JobId.OfManifest(Now, Seed, 0);
        var last = JobId.OfManifest(Now, Seed, 49_999);

        Assert.That(JobId.OfManifest(Now, Seed, 0), Is.EqualTo(first));
        Assert.That(first.RowKey[..^5], Is.EqualTo(last.RowKey[..^5]));
        Assert.That(first, Is.Not.EqualTo(last));
    }
}
