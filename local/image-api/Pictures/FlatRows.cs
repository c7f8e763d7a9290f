namespace Local.ImageApi.Pictures;

/// <summary>Rows of a picture without grain.</summary>
/// <remarks>They are runs of the same difference to the row above: three literals, and matches that repeat them.</remarks>
internal sealed class FlatRows(Canvas canvas, int pixelsPerDot) : IRows
{
    /// <summary>Matches repeat the last pixel: a distance of 3, which is deflate's distance symbol 2.</summary>
    public const int DistanceSymbol = 2;

    /// <summary>The longest match deflate has, which is 86 pixels.</summary>
    private const int MatchMax = 258;

    private const int LongestMatchSymbol = 285;

    /// <summary>For the checksum only.</summary>
    private const int PixelsAtOnce = 64;

    /// <summary>The most bits a row can take: no two dots alike, each a pixel and a match.</summary>
    private const int BitsPerDotMax = 64;

    public HuffmanCode Code { get; } = new(
    [
        (LongestMatchSymbol, 1), (0, 3), (IRows.UpFilter, 5),
        .. Enumerable.Range(257, LongestMatchSymbol - 257).Select(symbol => (symbol, 7)),
    ]);

    /// <summary>All rows are written for a trial: there is little to write. Rows that repeat the one above are all alike.</summary>
    public long MeasureBits()
    {
        var scratch = new BitWriter(new byte[(canvas.Width * BitsPerDotMax / 8) + 64]);
        var adler = new Adler32();
        var bits = (long)canvas.Height * (pixelsPerDot - 1) * Measure(1);
        for (var dotY = 0; dotY < canvas.Height; dotY++) bits += Measure(dotY * pixelsPerDot);
        return bits;

        long Measure(int y)
        {
            var before = scratch.BitsWritten;
            Write(y, scratch, ref adler);
            scratch.Take(scratch.Filled);
            return scratch.BitsWritten - before;
        }
    }

    public void Write(int y, BitWriter bits, ref Adler32 adler)
    {
        Code.Write(bits, IRows.UpFilter);
        adler.Append([IRows.UpFilter]);
        var dotY = y / pixelsPerDot;
        if (y % pixelsPerDot != 0)
        {
            WriteRun(default, canvas.Width, bits, ref adler);
            return;
        }

        var row = canvas.Row(dotY);
        var above = dotY == 0 ? [] : canvas.Row(dotY - 1);
        for (var x = 0; x < canvas.Width;)
        {
            var difference = Difference(row, above, x);
            var end = x + 1;
            while (end < canvas.Width && Difference(row, above, end) == difference) end++;
            WriteRun(difference, end - x, bits, ref adler);
            x = end;
        }
    }

    private static (byte, byte, byte) Difference(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int x)
    {
        var i = x * 3;
        return above.IsEmpty
            ? (row[i], row[i + 1], row[i + 2])
            : ((byte)(row[i] - above[i]), (byte)(row[i + 1] - above[i + 1]), (byte)(row[i + 2] - above[i + 2]));
    }

    private void WriteRun((byte Red, byte Green, byte Blue) difference, int dots, BitWriter bits, ref Adler32 adler)
    {
        Code.Write(bits, difference.Red);
        Code.Write(bits, difference.Green);
        Code.Write(bits, difference.Blue);
        var pixels = dots * pixelsPerDot;
        for (var left = (pixels - 1) * 3; left > 0; left -= Math.Min(left, MatchMax)) WriteMatch(Math.Min(left, MatchMax), bits);

        if (difference == default)
        {
            adler.AppendZeros(pixels * 3);
            return;
        }

        Span<byte> some = stackalloc byte[Math.Min(pixels, PixelsAtOnce) * 3];
        for (var i = 0; i < some.Length; i += 3) (some[i], some[i + 1], some[i + 2]) = difference;
        for (; pixels > 0; pixels -= PixelsAtOnce) adler.Append(some[..(Math.Min(pixels, PixelsAtOnce) * 3)]);
    }

    /// <summary>The length as a symbol and, from 11 on, low bits of their own; then the one distance there is, a single bit 0.</summary>
    private void WriteMatch(int length, BitWriter bits)
    {
        if (length == MatchMax)
        {
            Code.Write(bits, LongestMatchSymbol);
        }
        else
        {
            var value = length - 3;
            var extraBits = Math.Max(0, System.Numerics.BitOperations.Log2((uint)value) - 2);
            Code.Write(bits, 257 + (extraBits << 2) + (value >> extraBits));
            bits.Write((ulong)(value & ((1 << extraBits) - 1)), extraBits);
        }

        bits.Write(0, 1);
    }
}
