namespace Pipeline.Images;

/// <summary>The checksum of PNG's chunks, for texts of a few kB.</summary>
/// <remarks>After the PNG specification, annex D. The framework's own (<c>BitOperations.Crc32C</c>) is of another polynomial.</remarks>
public static class Crc32
{
    private const uint Polynomial = 0xEDB88320;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(value => Remainder((uint)value))];

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes) crc = Table[(byte)(crc ^ value)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint Remainder(uint value)
    {
        for (var bit = 0; bit < 8; bit++) value = (value >> 1) ^ ((value & 1) * Polynomial);
        return value;
    }
}
