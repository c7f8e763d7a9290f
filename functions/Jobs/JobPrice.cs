using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>What so many images of a model cost.</summary>
/// <param name="Credits">In credits, which are what is held and captured.</param>
/// <param name="Usd">The same in US dollars.</param>
/// <param name="OfficialUsd">What Google's own API asks for them, in US dollars.</param>
public readonly record struct JobPrice(long Credits, decimal Usd, decimal OfficialUsd)
{
    public static JobPrice Of(Model model, int images) =>
        new((long)model.CreditsPerImage * images, model.UsdPerImage * images, model.OfficialUsdPerImage * images);
}
