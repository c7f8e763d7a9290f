namespace Local.ImageApi.Pictures;

/// <summary>All that is needed to draw one picture, again and again the same. Small: it is what a URL keeps alive.</summary>
/// <remarks>
/// The prompt is without the simulator's tags and at most <see cref="PromptMax"/> characters, more than any picture shows. The seed is
/// everything that makes this picture another than the next: the request, the references' bytes, the index. A realistic picture has
/// grain, so that its file is as large as a photograph's.
/// </remarks>
internal sealed record Picture(
    string Prompt, string Model, string Ratio, Tier Tier, PixelSize Size, int Index, int Count, ulong Seed, bool Realistic)
{
    public const int PromptMax = 600;

    /// <summary>Pictures are laid out on a grid of this size whatever the tier, so 4K shows what 512 shows.</summary>
    public PixelSize Grid => new(Size.Width / GridUnit, Size.Height / GridUnit);

    /// <summary>How many dots of the canvas make an edge of a square of the grid: the finest that still is cheap to draw.</summary>
    public int Detail => !Realistic ? 1 : Tier == Tier.Half ? 2 : 4;

    /// <summary>How many pixels make an edge of a dot of the canvas.</summary>
    public int PixelsPerDot => GridUnit / Detail;

    private int GridUnit => 2 << (int)Tier;
}
