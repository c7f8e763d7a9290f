using System.Runtime.InteropServices;

namespace Local.ImageApi.Pictures;

/// <summary>Film grain of n bits: to every channel of every pixel a number from 0 to 2^n - 1 is added.</summary>
internal static class Grain
{
    /// <summary>The most that grain adds to a channel.</summary>
    public const int BrightestMax = 7;

    /// <summary>The bytes of the longest row, 12,288 pixels, and of the vector that ends behind it.</summary>
    private const int RowBytesMax = (12_288 * 3) + 64;

    /// <summary>A row begins anywhere on it, so that hardly two pictures have two rows in common; and it fits into the cache.</summary>
    private const int TapeBytes = 256 * 1024;

    private static readonly byte[] Fine = MakeTape(2);
    private static readonly byte[] Coarse = MakeTape(3);

    /// <summary>2 or 3 bits; a row has at least as many bytes as the widest picture, plus a vector.</summary>
    public static ReadOnlySpan<byte> Row(int bits, ulong seed, int y)
    {
        var start = (int)(new Chance(seed + (ulong)y).Next() % (TapeBytes - RowBytesMax));
        return (bits == 2 ? Fine : Coarse).AsSpan(start, RowBytesMax);
    }

    private static byte[] MakeTape(int bits)
    {
        var tape = new byte[TapeBytes];
        var chance = new Chance((ulong)bits);
        var mask = 0x0101010101010101 * ((1ul << bits) - 1);
        foreach (ref var eight in MemoryMarshal.Cast<byte, ulong>(tape.AsSpan())) eight = chance.Next() & mask;
        return tape;
    }
}
