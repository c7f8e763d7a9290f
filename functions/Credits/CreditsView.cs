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
