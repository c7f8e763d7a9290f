namespace Local.ImageApi.Pictures;

/// <summary>Film grain.</summary>
internal static class Grain
{
    /// <summary>The most that grain adds to a channel.</summary>
    public const int BrightestMax = 7;
}
