namespace Local.ImageApi.Pictures;

/// <summary>Numbers that look random and are the same for the same seed on every machine and every version of .NET (SplitMix64).</summary>
internal struct Chance(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        state += 0x9E3779B97F4A7C15;
        var z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>From 0 to below 1.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1ul << 53));

    public double Between(double low, double high) => low + ((high - low) * Fraction());
}
