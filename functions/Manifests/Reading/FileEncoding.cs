namespace Pipeline.Manifests.Reading;

/// <summary>Tells by a file's first bytes what is certainly no JSON in UTF-8, such as editors and shells of Windows write.</summary>
internal static class FileEncoding
{
    /// <summary>So many bytes of the file are looked at.</summary>
    public const int SampleBytes = 4;

    /// <summary>What is wrong, with the way out, or null.</summary>
    public static string? FaultOf(ReadOnlySpan<byte> first) => first switch
    {
        [0xFF, 0xFE, 0, 0, ..] or [0, 0, 0xFE, 0xFF, ..] or [0, 0, 0, not 0, ..] or [not 0, 0, 0, 0, ..] => Encoded("UTF-32"),
        [0xFF, 0xFE, ..] or [not 0, 0, not 0, 0, ..] => Encoded("UTF-16, little-endian"),
        [0xFE, 0xFF, ..] or [0, not 0, 0, not 0, ..] => Encoded("UTF-16, big-endian"),
        [(byte)'P', (byte)'K', 3, 4, ..] => "The file is a ZIP archive: unpack it, or compress it with gzip.",
        _ => null,
    };

    private static string Encoded(string encoding) => $"The file seems to be encoded in {encoding}: save it as UTF-8.";
}
