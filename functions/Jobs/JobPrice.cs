using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>What so many images of a model cost.</summary>
/// <param name="Credits">In credits, which are what is held and captured.</param>
/// <param name="Usd">The same in US dollars.</param>
/// <param name="OfficialUsd">What Google's own API asks for them, in US dollars.</param>
public readonly record struct JobPrice(long Credits, decimal Usd, decimal OfficialUsd)
{
    /// <summary>By how much less than Google's own price that is: to the nearest whole percent, halves up.</summary>
    public int SavingPercent => OfficialUsd == 0 ? 0 : (int)decimal.Round(100 * (1 - (Usd / OfficialUsd)), MidpointRounding.AwayFromZero);

    public JobPrice Plus(JobPrice other) => new(Credits + other.Credits, Usd + other.Usd, OfficialUsd + other.OfficialUsd);

    public static JobPrice Of(Model model, int images) =>
        new((long)model.CreditsPerImage * images, model.UsdPerImage * images, model.OfficialUsdPerImage * images);
}
