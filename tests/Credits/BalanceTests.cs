using FsCheck;
using FsCheck.Fluent;
using Pipeline.Credits;

namespace Pipeline.Tests.Credits;

public sealed class BalanceTests
{
    [Test]
    public void Granted_is_always_available_plus_held_plus_spent_and_none_is_negative()
    {
        var transfers = Gen.Elements(Enum.GetValues<TransferKind>())
            .SelectMany(kind => Gen.Choose(1, 500).Select(amount => new Transfer(kind, amount, "job_x")))
            .ListOf();

        Prop.ForAll(transfers.ToArbitrary(), asked =>
        {
            var balance = Balance.Zero;
            foreach (var transfer in asked.Where(transfer => transfer is not null))
            {
                var before = balance;
                try
                {
                    balance = balance.After(transfer);
                }
                catch (InvalidOperationException)
                {
                    // Refused: it would have left a bucket negative.
                    if (IsCovered(before, transfer)) return false;
                    continue;
                }

                if (!balance.IsSound || balance.Version != before.Version + 1 || !IsCovered(before, transfer)) return false;
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }

    [Test]
    public void A_transfer_moves_its_amount_from_its_bucket_to_its_other([Values] TransferKind kind)
    {
        var before = new Balance(Granted: 100, Available: 50, Held: 30, Spent: 20, Version: 7);
        var transfer = new Transfer(kind, 10, "job_x");

        var after = before.After(transfer);

        Assert.Multiple(() =>
        {
            // Granted is the source: what is given from it also counts in it.
            if (kind != TransferKind.Grant) Assert.That(In(after, transfer.From), Is.EqualTo(In(before, transfer.From) - 10));
            Assert.That(In(after, transfer.To), Is.EqualTo(In(before, transfer.To) + 10));
            Assert.That(after.Version, Is.EqualTo(8));
        });
    }

    [Test]
    public void A_transfer_is_at_least_one_credit([Values(0, -1, long.MinValue)] long amount) =>
        Assert.That(() => new Transfer(TransferKind.Hold, amount, "job_x"), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void A_sum_that_does_not_fit_is_an_error_and_no_small_number()
    {
        var balance = Balance.Zero.After(new Transfer(TransferKind.Grant, long.MaxValue, "first"));

        Assert.That(() => balance.After(new Transfer(TransferKind.Grant, 1, "second")), Throws.TypeOf<OverflowException>());
    }

    private static bool IsCovered(Balance balance, Transfer transfer) =>
        transfer.Kind == TransferKind.Grant || In(balance, transfer.From) >= transfer.Amount;

    private static long In(Balance balance, Bucket bucket) => bucket switch
    {
        Bucket.Granted => balance.Granted,
        Bucket.Available => balance.Available,
        Bucket.Held => balance.Held,
        _ => balance.Spent,
    };
}
