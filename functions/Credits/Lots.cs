using System.Collections.Immutable;
using System.Globalization;
using Pipeline.Http;

namespace Pipeline.Credits;

/// <summary>Credits that are promotional, or expire, or both: what is left of them, not yet captured.</summary>
/// <param name="Category">Where they come from.</param>
/// <param name="ExpiresAt">When they expire, or null for never; paid credits that never expire are in no lot.</param>
/// <param name="Left">How many, at least 1.</param>
public sealed record Lot(CreditCategory Category, DateTimeOffset? ExpiresAt, long Left);

/// <summary>
/// An account's lots in the order in which they are spent: promotional ones first, and what expires first before the rest.
/// </summary>
/// <remarks>
/// All credits of an account stand in one line: its lots in this order, then paid credits that never expire. What is captured leaves at
/// the front. What is held is the front of the line, for as many credits as are held; only what stands behind can expire. So a hold need
/// not say which credits it took, and credits that were available in time still pay the jobs that hold them.
/// </remarks>
public sealed class Lots : IEquatable<Lots>
{
    /// <summary>Each is some 40 characters in every entry.</summary>
    public const int CountMax = 50;

    public static readonly Lots None = new([]);

    private readonly ImmutableArray<Lot> lots;

    private Lots(ImmutableArray<Lot> lots) => this.lots = lots;

    public IReadOnlyList<Lot> All => lots;

    public long Sum => lots.Sum(lot => lot.Left);

    public long Promotional => lots.Where(lot => lot.Category == CreditCategory.Promotional).Sum(lot => lot.Left);

    /// <summary>With more credits of a kind; those of one category that expire at one time are one lot.</summary>
    public Lots Add(CreditCategory category, DateTimeOffset? expiresAt, long amount)
    {
        if (category == CreditCategory.Paid && expiresAt is null) return this;
        var same = lots.FirstOrDefault(lot => lot.Category == category && lot.ExpiresAt == expiresAt);
        var rest = same is null ? lots : lots.Remove(same);
        return new(
            [
                .. rest.Add(new Lot(category, expiresAt, checked((same?.Left ?? 0) + amount)))
                    .OrderByDescending(lot => lot.Category).ThenBy(lot => lot.ExpiresAt ?? DateTimeOffset.MaxValue),
            ]);
    }

    /// <summary>Without so many credits from the front of the line; what the lots lack is paid credits that never expire.</summary>
    public Lots Spend(long amount) => Take(lots, amount);

    /// <summary>Without so many credits from its end.</summary>
    /// <param name="amount">How many.</param>
    /// <param name="unspent">All credits in the line, those in no lot included: they are its end.</param>
    public Lots TakeBack(long amount, long unspent) =>
        Take(lots.Reverse(), Math.Max(0, amount - (unspent - Sum)));

    /// <summary>Without so many credits of one lot.</summary>
    /// <exception cref="InvalidOperationException">It has fewer.</exception>
    public Lots Without(CreditCategory category, DateTimeOffset? expiresAt, long amount)
    {
        var lot = lots.FirstOrDefault(lot => lot.Category == category && lot.ExpiresAt == expiresAt);
        if (lot is null || lot.Left < amount)
            throw new InvalidOperationException($"{amount} {category} credits until {expiresAt:O} are more than {lot?.Left ?? 0}.");
        return Take([lot], amount);
    }

    /// <summary>Of each lot, what is not held, in the order in which it is spent.</summary>
    public IEnumerable<Lot> Free(long held)
    {
        var before = 0L;
        foreach (var lot in lots)
        {
            var free = lot.Left - Math.Clamp(held - before, 0, lot.Left);
            before += lot.Left;
            if (free > 0) yield return lot with { Left = free };
        }
    }

    public bool Equals(Lots? other) => other is not null && lots.SequenceEqual(other.lots);

    public override bool Equals(object? obj) => Equals(obj as Lots);

    public override int GetHashCode() => lots.Length;

    /// <summary>As <c>promotional/2026-12-24T00:00:00.000Z/40;promotional//10</c>: category, expiry, credits left.</summary>
    public override string ToString() =>
        string.Join(';', lots.Select(lot => $"{Json.Name(lot.Category)}/{EntryHash.Time(lot.ExpiresAt)}/{lot.Left}"));

    /// <exception cref="FormatException">It is not one that <see cref="ToString"/> wrote.</exception>
    public static Lots Parse(string text)
    {
        if (text.Length == 0) return None;
        var read = new Lots([.. text.Split(';').Select(ParseLot)]);
        return read.ToString() == text ? read : throw new FormatException($"'{text}' are no lots.");
    }

    private Lots Take(IEnumerable<Lot> order, long amount)
    {
        var left = lots;
        foreach (var lot in order)
        {
            if (amount == 0) break;
            var taken = Math.Min(lot.Left, amount);
            amount -= taken;
            left = taken == lot.Left ? left.Remove(lot) : left.Replace(lot, lot with { Left = lot.Left - taken });
        }

        return new(left);
    }

    private static Lot ParseLot(string text) =>
        text.Split('/') is [var category, var expires, var left]
            ? new(
                category == Json.Name(CreditCategory.Promotional) ? CreditCategory.Promotional : CreditCategory.Paid,
                expires.Length == 0 ? null : DateTimeOffset.Parse(expires, CultureInfo.InvariantCulture),
                long.Parse(left, NumberStyles.None, CultureInfo.InvariantCulture))
            : throw new FormatException($"'{text}' is no lot.");
}
