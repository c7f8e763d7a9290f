namespace Pipeline.Credits;

/// <summary>A balance as the contract shows it, in credits.</summary>
public sealed record CreditsView(long Available, long Held, long Spent, long Granted, long Version)
{
    public static CreditsView From(Balance balance) =>
        new(balance.Available, balance.Held, balance.Spent, balance.Granted, balance.Version);
}
