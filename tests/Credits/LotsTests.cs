using Pipeline.Credits;

namespace Pipeline.Tests.Credits;

/// <summary>Which credits are spent first, and which can expire.</summary>
public sealed class LotsTests
{
    private static readonly DateTimeOffset Today = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Tomorrow = Today.AddDays(1);
    private static readonly DateTimeOffset Later = Today.AddDays(7);

    [Test]
    public void Promotional_credits_are_spent_first_and_of_these_what_expires_first()
    {
        var books = Given(
            Grant(100, CreditCategory.Paid), Grant(20, CreditCategory.Paid, Tomorrow), Grant(30, CreditCategory.Promotional),
            Grant(40, CreditCategory.Promotional, Later), Grant(10, CreditCategory.Promotional, Tomorrow));

        string Spend(long amount) =>
            After(books, Hold(amount), new(TransferKind.Capture, amount, "job_x")).Lots.ToString();

        Assert.Multiple(() =>
        {
            var paid = $"paid/{Form(Tomorrow)}/20";
            Assert.That(Spend(5), Is.EqualTo($"promotional/{Form(Tomorrow)}/5;promotional/{Form(Later)}/40;promotional//30;{paid}"));
            Assert.That(Spend(45), Is.EqualTo($"promotional/{Form(Later)}/5;promotional//30;{paid}"));
            Assert.That(Spend(80), Is.EqualTo(paid));
            Assert.That(Spend(101), Is.Empty);
            Assert.That(Spend(200), Is.Empty);
        });
    }

    [Test]
    public void What_is_held_in_time_still_pays_its_job_and_the_rest_expires()
    {
        var books = After(Given(Grant(40, CreditCategory.Paid), Grant(60, CreditCategory.Promotional, Tomorrow)), Hold(50));

        Assert.That(books.At(Tomorrow.AddMilliseconds(-1)).Due(), Is.Empty);
        books = Expire(books.At(Tomorrow));
        Assert.That(books.Balance, Is.EqualTo(new Balance(90, 40, 50, 0, 4)));

        var captured = After(books, new Transfer(TransferKind.Capture, 50, "job_x"));
        Assert.That((captured.Balance.Available, captured.Lots, captured.Due().Any()), Is.EqualTo((40L, Lots.None, false)));

        var released = Expire(After(books, new Transfer(TransferKind.Release, 50, "job_x")));
        Assert.That((released.Balance.Available, released.Balance.Granted, released.Lots), Is.EqualTo((40L, 40L, Lots.None)));
    }

    [Test]
    public void Nothing_expires_before_its_time()
    {
        var books = Given(Grant(10, CreditCategory.Promotional, Tomorrow));

        Assert.That(
            () => books.After(new Transfer(TransferKind.Expire, 10, "expired", CreditCategory.Promotional) { ExpiresAt = Tomorrow }),
            Throws.InvalidOperationException);
    }

    [TestCase(CreditCategory.Paid, 70)]
    [TestCase(CreditCategory.Promotional, 10)]
    public void Only_what_is_free_of_a_category_can_be_revoked(CreditCategory category, long free)
    {
        // The hold of 20 stands on the promotional ones, which are spent first.
        var books = After(
            Given(Grant(50, CreditCategory.Paid), Grant(20, CreditCategory.Paid, Later), Grant(30, CreditCategory.Promotional, Tomorrow)),
            Hold(20));

        Assert.That(books.Free(category), Is.EqualTo(free));
        Assert.That(() => books.After(Revoke(free + 1, category)), Throws.InvalidOperationException);
        Assert.That(books.After(Revoke(free, category)).Free(category), Is.Zero);
    }

    [Test]
    public void Of_paid_credits_those_that_never_expire_are_revoked_first()
    {
        var books = Given(Grant(50, CreditCategory.Paid), Grant(20, CreditCategory.Paid, Later), Grant(5, CreditCategory.Paid, Tomorrow));

        Assert.That(books.After(Revoke(50, CreditCategory.Paid)).Lots, Is.EqualTo(books.Lots));
        Assert.That(
            books.After(Revoke(60, CreditCategory.Paid)).Lots.ToString(),
            Is.EqualTo($"paid/{Form(Tomorrow)}/5;paid/{Form(Later)}/10"));
    }

    [Test]
    public void Grants_that_expire_together_are_one_lot_and_text_tells_all()
    {
        var books = Given(
            Grant(5, CreditCategory.Promotional, Later), Grant(6, CreditCategory.Promotional, Later), Grant(1, CreditCategory.Promotional));

        Assert.That(books.Lots.ToString(), Is.EqualTo($"promotional/{Form(Later)}/11;promotional//1"));
        Assert.That(Lots.Parse(books.Lots.ToString()), Is.EqualTo(books.Lots));
        Assert.That(Lots.Parse(""), Is.EqualTo(Lots.None));
    }

    [TestCase("promotional//0x")]
    [TestCase("promo//5")]
    [TestCase("promotional/5")]
    [TestCase("promotional//+5")]
    [TestCase("promotional//5;")]
    public void Text_that_is_no_lots_is_not_read(string text) => Assert.That(() => Lots.Parse(text), Throws.InstanceOf<FormatException>());

    private static Books Given(params Transfer[] grants) => After(Books.Empty.At(Today), grants);

    private static Books After(Books books, params Transfer[] transfers) =>
        transfers.Aggregate(books, (so, transfer) => so.After(transfer));

    private static Books Expire(Books books) => After(books, [.. books.Due()]);

    private static Transfer Grant(long amount, CreditCategory category, DateTimeOffset? expiresAt = null) =>
        new(TransferKind.Grant, amount, "grant", category) { ExpiresAt = expiresAt };

    private static Transfer Revoke(long amount, CreditCategory category) => new(TransferKind.Revoke, amount, "back", category);

    private static Transfer Hold(long amount) => new(TransferKind.Hold, amount, "job_x");

    private static string Form(DateTimeOffset time) => EntryHash.Time(time);
}
