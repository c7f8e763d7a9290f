namespace Pipeline.Images;

/// <summary>Compares the pixels that came with those that the catalogue promises: a silent downgrade must not stay silent.</summary>
public static class SizeRule
{
    /// <summary>What Google prints for 21:9 at the smallest tier, though every other size doubles from tier to tier.</summary>
    private static readonly PixelSize PrintedFor21By9 = new(792, 168);

    /// <summary>What is wrong with an image's size, as the rest of a sentence, or null.</summary>
    public static string? FaultOf(PixelSize size, Model model, string ratio, Catalogue catalogue)
    {
        var expected = catalogue.SizeOf(model, ratio);
        return size == expected || (size == PrintedFor21By9 && ratio == "21:9" && model.Tier == "512")
            ? null
            : $"has {size} pixels; {model.Tier} at {ratio} should have {expected}.";
    }
}

/// <summary>What becomes of an image of other pixels than its tier and ratio promise.</summary>
public enum SizeMismatch
{
    /// <summary>It is kept, and its job says so.</summary>
    Warn,

    /// <summary>It is not stored, and asked for again.</summary>
    Fail,
}
