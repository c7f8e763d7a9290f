using Pipeline.Credits;

namespace Pipeline.Tests.Credits;

public sealed class BalanceTests
{
    private static readonly Balance Before = new(Granted: 100, Available: 50, Held: 30, Spent: 20, Version: 7);

    [TestCase(TransferKind.Grant, 110, 60, 30, 20)]
    [TestCase(TransferKind.Hold, 100, 40, 40, 20)]
    [TestCase(TransferKind.Capture, 100, 50, 20, 30)]
    [TestCase(TransferKind.Release, 100, 60, 20, 20)]
    [TestCase(TransferKind.Expire, 90, 40, 30, 20)]
    [TestCase(TransferKind.Revoke, 90, 40, 30, 20)]
    public void A_transfer_moves_its_amount_between_its_buckets(TransferKind kind, long granted, long available, long held, long spent) =>
        Assert.That(
            Before.After(new Transfer(kind, 10, "job_x")), Is.EqualTo(new Balance(granted, available, held, spent, Version: 8)));

    [Test]
    public void A_correction_goes_from_any_bucket_to_any_other([Values] Bucket from, [Values] Bucket to)
    {
        var correction = new Transfer(TransferKind.Correct, 10, "mended") { From = from, To = to };
        if (from == to)
        {
            Assert.That(() => Before.After(correction), Throws.InvalidOperationException);
            return;
        }

        var after = Before.After(correction);

        Assert.Multiple(() =>
        {
            // Granted is the source: what leaves it was given, and what returns was not.
            foreach (var bucket in Enum.GetValues<Bucket>())
            {
                var sign = bucket == Bucket.Granted ? -1 : 1;
                var moved = bucket == from ? -10 * sign : bucket == to ? 10 * sign : 0;
                Assert.That(after.Of(bucket), Is.EqualTo(Before.Of(bucket) + moved), $"{bucket}");
            }

            Assert.That(after.IsSound, Is.True);
        });
    }

    [TestCase(TransferKind.Hold, 51)]
    [TestCase(TransferKind.Capture, 31)]
    [TestCase(TransferKind.Release, 31)]
    [TestCase(TransferKind.Expire, 51)]
    [TestCase(TransferKind.Revoke, 51)]
    public void More_than_a_bucket_has_never_leaves_it(TransferKind kind, long amount) =>
        Assert.That(() => Before.After(new Transfer(kind, amount, "job_x")), Throws.InvalidOperationException);

    [Test]
    public void A_transfer_is_at_least_one_credit([Values(0, -1, long.MinValue)] long amount) =>
        Assert.That(() => new Transfer(TransferKind.Hold, amount, "job_x"), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void A_sum_that_does_not_fit_is_an_error_and_no_small_number()
    {
        var balance = Balance.Zero.After(new Transfer(TransferKind.Grant, long.MaxValue, "first"));

        Assert.That(() => balance.After(new Transfer(TransferKind.Grant, 1, "second")), Throws.TypeOf<OverflowException>());
    }
}
