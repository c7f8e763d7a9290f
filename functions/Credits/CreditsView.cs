using System.ComponentModel;

namespace Pipeline.Credits;

/// <summary>A balance as the contract shows it, in credits.</summary>
[Description("A balance: granted = available + held + spent.")]
public sealed record CreditsView(
    long Available, long Held, long Spent, long Granted, [Description("How many entries led to it.")] long Version)
{
    public static CreditsView From(Balance balance) =>
        new(balance.Available, balance.Held, balance.Spent, balance.Granted, balance.Version);
}

/// <summary>Credits that are promotional, or expire, as the contract shows them.</summary>
[Description("Credits that are promotional, or expire.")]
public sealed record LotView(
    CreditCategory Category,
    [Description("When what is not held expires; null for never.")] DateTimeOffset? ExpiresAt,
    [Description("What is left of them, held or not.")] long Credits)
{
    public static IReadOnlyList<LotView> From(Lots lots) =>
        [.. lots.All.Select(lot => new LotView(lot.Category, lot.ExpiresAt, lot.Left))];
}
