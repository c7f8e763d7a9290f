using Pipeline.Accounts;

namespace Pipeline.Credits;

/// <summary>All that an account's entries amount to, and what it may do: what a decision is taken on.</summary>
/// <param name="Balance">The buckets, and the number of the last entry.</param>
/// <param name="Lots">Of available and held credits, those that are promotional or expire.</param>
/// <param name="OpenJobs">Jobs that are not settled, those of manifests included from the moment that they are held for.</param>
/// <param name="SpentToday">Credits captured on the day, by UTC, of <paramref name="RecordedAt"/>.</param>
/// <param name="RecordedAt">When the last entry was written; to the millisecond, and never before that of the entry before.</param>
/// <param name="Head">The hash of the last entry, in hex; empty before the first.</param>
public sealed record Books(
    Balance Balance, Lots Lots, long OpenJobs, long SpentToday, DateTimeOffset RecordedAt, string Head)
{
    public static readonly Books Empty = new(Balance.Zero, Lots.None, 0, 0, DateTimeOffset.UnixEpoch, "");

    /// <summary>Not part of what entries amount to.</summary>
    public AccountLimits Limits { get; init; } = AccountLimits.None;

    private long Unspent => Balance.Available + Balance.Held;

    /// <summary>What the entries say, and nothing else.</summary>
    public Books WithoutLimits => this with { Limits = AccountLimits.None };

    public bool IsLow => Limits.CreditsLow is { } low && Balance.Available < low;

    /// <summary>
    /// The same books at a later time: on another day nothing is spent yet. A clock that is behind does not turn time back.
    /// </summary>
    public Books At(DateTimeOffset now)
    {
        var time = EntryHash.Milliseconds(now);
        if (time <= RecordedAt) return this;
        return this with { RecordedAt = time, SpentToday = time.UtcDateTime.Date == RecordedAt.UtcDateTime.Date ? SpentToday : 0 };
    }

    /// <summary>What must expire now: credits whose time is over and that are not held.</summary>
    public IEnumerable<Transfer> Due() =>
        from lot in Lots.Free(Balance.Held)
        where lot.ExpiresAt <= RecordedAt
        select new Transfer(TransferKind.Expire, lot.Left, "expired", lot.Category) { ExpiresAt = lot.ExpiresAt };

    /// <summary>What of a category is neither held nor spent.</summary>
    public long Free(CreditCategory category)
    {
        var promotional = Lots.Free(Balance.Held).Where(lot => lot.Category == CreditCategory.Promotional).Sum(lot => lot.Left);
        return category == CreditCategory.Promotional ? promotional : Balance.Available - promotional;
    }

    /// <summary>The books after one more entry, written at <see cref="RecordedAt"/>. Its hash is still that of the entry before.</summary>
    /// <exception cref="InvalidOperationException">The transfer would take more than there is.</exception>
    public Books After(Transfer transfer)
    {
        var after = this with
        {
            Balance = Balance.After(transfer),
            Lots = LotsAfter(transfer),
            OpenJobs = checked(OpenJobs + transfer.Jobs),
            SpentToday = transfer.Kind == TransferKind.Capture ? checked(SpentToday + transfer.Amount) : SpentToday,
        };
        return after.OpenJobs >= 0 && after.Lots.Sum <= after.Unspent
            ? after
            : throw new InvalidOperationException(
                $"{transfer} would leave {after.OpenJobs} open jobs, and {after.Lots} of {after.Unspent}.");
    }

    private Lots LotsAfter(Transfer transfer) => (transfer.Kind, transfer.From, transfer.To) switch
    {
        (TransferKind.Grant, _, _) => Lots.Add(transfer.Category ?? CreditCategory.Paid, transfer.ExpiresAt, transfer.Amount),
        (TransferKind.Expire, _, _) when !(transfer.ExpiresAt <= RecordedAt) =>
            throw new InvalidOperationException($"{transfer} comes before its time, at {RecordedAt:O}."),
        (TransferKind.Expire, _, _) => Lots.Without(transfer.Category ?? CreditCategory.Paid, transfer.ExpiresAt, transfer.Amount),
        (TransferKind.Revoke, _, _) => Revoked(transfer),
        (_, Bucket.Available or Bucket.Held, Bucket.Spent) => Lots.Spend(transfer.Amount),
        (_, Bucket.Available or Bucket.Held, Bucket.Granted) => Lots.TakeBack(transfer.Amount, Unspent),
        // What comes back from spent, or is given by a correction, is paid and never expires.
        _ => Lots,
    };

    private Lots Revoked(Transfer transfer)
    {
        if (transfer.Category is not { } category || transfer.Amount > Free(category))
            throw new InvalidOperationException($"{transfer} would revoke what is held or not there.");
        // Of paid credits, those that never expire go first; they are in no lot.
        var amount = category == CreditCategory.Paid ? Math.Max(0, transfer.Amount - (Unspent - Lots.Sum)) : transfer.Amount;
        var left = Lots;
        foreach (var lot in Lots.Free(Balance.Held).Where(lot => lot.Category == category).Reverse())
        {
            var taken = Math.Min(lot.Left, amount);
            if (taken > 0) left = left.Without(lot.Category, lot.ExpiresAt, taken);
            amount -= taken;
        }

        return left;
    }
}
