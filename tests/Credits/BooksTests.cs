using FsCheck;
using FsCheck.Fluent;
using Pipeline.Accounts;
using Pipeline.Credits;

namespace Pipeline.Tests.Credits;

/// <summary>Whatever is decided in whatever order, the books stay right: I1, I2, I6 and I9 of the ledger's invariants.</summary>
public sealed class BooksTests
{
    private const int Cases = 10_000;

    private static readonly DateTimeOffset Start = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    /// <summary>One step of an account's life: what is tried, how much of it, for which job, how much later.</summary>
    private sealed record Step(int What, int Amount, int Job, int Minutes, bool IsPromotional, int ExpiresAfter);

    private static readonly Gen<Step> Steps =
        from what in Gen.Choose(0, 9)
        from amount in Gen.Choose(1, 200)
        from job in Gen.Choose(0, 5)
        from minutes in Gen.Choose(0, 600)
        from promotional in Gen.Elements(true, false)
        from expires in Gen.Choose(-200, 2_000)
        select new Step(what, amount, job, minutes, promotional, expires);

    [Test]
    public void Any_sequence_of_decisions_keeps_the_books_right()
    {
        Prop.ForAll(Steps.ListOf().ToArbitrary(), steps =>
        {
            var (books, entries, open) = (Books.Empty.At(Start), new List<Entry>(), new Dictionary<string, long>());
            foreach (var step in steps)
            {
                books = books.At(books.RecordedAt.AddMinutes(step.Minutes));
                foreach (var transfer in Wanted(step, books, open).SelectMany(wanted => books.Due().Append(wanted)))
                {
                    if (TryNext(books, transfer, open) is not { } entry) continue;
                    entries.Add(entry);
                    books = entry.After;
                }

                if (FaultOf(books, open) is { } wrong) return false.Label(wrong);
            }

            var broken = FaultOf(entries);
            return (broken is null).Label(broken ?? "");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Cases));
    }

    [Test]
    public void An_entry_that_was_changed_in_any_way_breaks_the_chain()
    {
        var books = Books.Empty.At(Start);
        var grant = Entry.Next(
            books, new Transfer(TransferKind.Grant, 100, "a", CreditCategory.Promotional) { ExpiresAt = Start.AddDays(1) }, "commit");
        Transfer[] others =
        [
            new(TransferKind.Grant, 101, "a", CreditCategory.Promotional) { ExpiresAt = Start.AddDays(1) },
            new(TransferKind.Grant, 100, "b", CreditCategory.Promotional) { ExpiresAt = Start.AddDays(1) },
            new(TransferKind.Grant, 100, "a", CreditCategory.Paid) { ExpiresAt = Start.AddDays(1) },
            new(TransferKind.Grant, 100, "a", CreditCategory.Promotional) { ExpiresAt = Start.AddDays(2) },
            new(TransferKind.Grant, 100, "a", CreditCategory.Promotional) { ExpiresAt = Start.AddDays(1), Reason = "x" },
            new(TransferKind.Grant, 100, "a", CreditCategory.Promotional) { ExpiresAt = Start.AddDays(1), Corrects = 1 },
            new(TransferKind.Grant, 100, "a", CreditCategory.Promotional) { ExpiresAt = Start.AddDays(1), Jobs = 1 },
            new(TransferKind.Grant, 100, "a", CreditCategory.Promotional) { ExpiresAt = Start.AddDays(1), Delivered = "x" },
        ];
        Entry[] changed =
        [
            .. others.Select(transfer => Entry.Next(books, transfer, "commit")),
            Entry.Next(books, grant.Transfer, "another commit"),
            Entry.Next(books.At(Start.AddMilliseconds(1)), grant.Transfer, "commit"),
            Entry.Next(books with { Head = "another before" }, grant.Transfer, "commit"),
            Entry.Next(books with { SpentToday = 1 }, grant.Transfer, "commit"),
        ];

        Assert.That(changed.Select(entry => entry.Hash).Append(grant.Hash), Is.Unique);
    }

    [Test]
    public void A_line_break_in_a_text_does_not_look_like_the_next_line()
    {
        var books = Books.Empty.At(Start);
        string Hash(string reference, string? reason) =>
            Entry.Next(books, new Transfer(TransferKind.Grant, 1, reference) { Reason = reason }, "commit").Hash;

        Assert.That(Hash("a\nb", null), Is.Not.EqualTo(Hash("a", "b")));
        Assert.That(Hash("a\\nb", null), Is.Not.EqualTo(Hash("a\nb", null)));
    }

    [Test]
    public void Time_does_not_run_back_and_a_new_day_has_spent_nothing()
    {
        var books = Books.Empty.At(Start) with { SpentToday = 9 };

        Assert.Multiple(() =>
        {
            Assert.That(books.At(Start.AddHours(-1)), Is.EqualTo(books));
            Assert.That(books.At(Start.AddHours(11)).SpentToday, Is.EqualTo(9));
            Assert.That(books.At(Start.AddHours(12)).SpentToday, Is.Zero);
            Assert.That(books.At(Start.AddTicks(10_001)).RecordedAt, Is.EqualTo(Start.AddMilliseconds(1)));
        });
    }

    [TestCase(10, 0, 10, true)]
    [TestCase(10, 0, 11, false)]
    [TestCase(10, 6, 4, true)]
    [TestCase(10, 6, 5, false)]
    public void A_day_spends_no_more_than_its_limit(long perDay, long spent, long asked, bool allowed)
    {
        var books = Books.Empty with { Limits = AccountLimits.None with { CreditsPerDay = perDay }, SpentToday = spent };

        Assert.That(LimitReached.By(books, asked, jobs: 1) is null, Is.EqualTo(allowed));
        // What is held now may be captured today.
        var held = books with { SpentToday = 0, Balance = new Balance(spent, 0, spent, 0, 1) };
        Assert.That(LimitReached.By(held, asked, jobs: 1) is null, Is.EqualTo(allowed));
    }

    [TestCase(2, 1, true)]
    [TestCase(2, 2, false)]
    [TestCase(0, 3, true)]
    [TestCase(0, 4, false)]
    public void No_more_jobs_are_open_than_may_be(long open, long asked, bool allowed) => Assert.That(
        LimitReached.By(Books.Empty with { Limits = AccountLimits.None with { OpenJobs = 3 }, OpenJobs = open }, 1, asked) is null,
        Is.EqualTo(allowed));

    private static IEnumerable<Transfer> Wanted(Step step, Books books, Dictionary<string, long> open)
    {
        var job = $"job_{step.Job}";
        var category = step.IsPromotional ? CreditCategory.Promotional : CreditCategory.Paid;
        var held = open.GetValueOrDefault(job);
        return step.What switch
        {
            0 or 1 =>
            [
                new(TransferKind.Grant, step.Amount, "grant", category)
                {
                    ExpiresAt = step.ExpiresAfter > 0 ? EntryHash.Milliseconds(books.RecordedAt.AddMinutes(step.ExpiresAfter)) : null,
                },
            ],
            2 or 3 or 4 => [new(TransferKind.Hold, step.Amount, job) { Jobs = 1 }],
            5 => [new(TransferKind.Capture, Math.Max(1, held), job) { Jobs = -1 }],
            6 => [new(TransferKind.Release, Math.Max(1, held), job) { Jobs = -1 }],
            7 when held > 1 =>
            [
                new(TransferKind.Capture, held / 2, job),
                new(TransferKind.Release, held - (held / 2), job) { Jobs = -1 },
            ],
            7 => [],
            8 => [new(TransferKind.Revoke, step.Amount, "revoked", category)],
            _ =>
            [
                new(TransferKind.Correct, step.Amount, "corrected")
                {
                    // Not out of held and into it: those are the jobs'.
                    From = step.Job % 2 == 0 ? Bucket.Spent : Bucket.Granted,
                    To = step.IsPromotional ? Bucket.Available : step.Job % 2 == 0 ? Bucket.Granted : Bucket.Spent,
                },
            ],
        };
    }

    /// <summary>Writes what a verb would: a hold once, a settlement of what is held for a job and of nothing else.</summary>
    private static Entry? TryNext(Books books, Transfer transfer, Dictionary<string, long> open)
    {
        var held = open.GetValueOrDefault(transfer.Reference);
        if (transfer.Kind == TransferKind.Hold && held > 0) return null;
        if (transfer.Kind is TransferKind.Capture or TransferKind.Release && held < transfer.Amount) return null;
        try
        {
            var entry = Entry.Next(books, transfer, "commit");
            if (transfer.Kind == TransferKind.Hold) open[transfer.Reference] = transfer.Amount;
            if (transfer.Kind is TransferKind.Capture or TransferKind.Release)
            {
                open[transfer.Reference] -= transfer.Amount;
                if (open[transfer.Reference] == 0) open.Remove(transfer.Reference);
            }

            return entry;
        }
        catch (InvalidOperationException)
        {
            // Refused: it would have taken more than there is.
            return null;
        }
    }

    private static string? FaultOf(Books books, Dictionary<string, long> open) =>
        !books.Balance.IsSound ? $"not sound: {books.Balance}"
        : books.Balance.Held != open.Values.Sum() ? $"{books.Balance.Held} held for {open.Values.Sum()}"
        : books.OpenJobs != open.Count ? $"{books.OpenJobs} open for {open.Count}"
        : books.Lots.Sum > books.Balance.Available + books.Balance.Held ? $"{books.Lots} of {books.Balance}"
        : books.Lots.All.Any(lot => lot.Left < 1) ? $"an empty lot in {books.Lots}"
        : null;

    /// <summary>Recomputed from the first entry on, each entry comes out as it was written; and its row reads back as itself.</summary>
    private static string? FaultOf(List<Entry> entries)
    {
        var books = Books.Empty.At(Start);
        foreach (var entry in entries)
        {
            if (entry.Version != books.Balance.Version + 1) return $"a gap before {entry.Version}";
            if (Entry.Next(books.At(entry.After.RecordedAt), entry.Transfer, entry.Commit) != entry) return $"{entry} does not follow";
            if (Entry.FromRow(entry.ToRow(AccountId.Parse("demo"))) != entry) return $"{entry} does not read back";
            books = entry.After;
        }

        return null;
    }
}
