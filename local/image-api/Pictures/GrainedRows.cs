using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Local.ImageApi.Pictures;

/// <summary>Rows of a picture with grain: every byte a literal, nearly all of them in the same few bits.</summary>
/// <remarks>
/// With grain of n bits, neighbours in a column differ by -(2^n - 1) to 2^n - 1: one less than 2^(n+1) values, each of which gets a code
/// of n + 1 bits. All other differences, where the picture itself changes, share the one code that is left, and take more. So the
/// size of the file follows from counting those, and sixteen bytes at a time are packed without a look at each.
/// </remarks>
internal sealed class GrainedRows : IRows
{
    /// <summary>Bytes that are packed at once.</summary>
    private const int Group = 16;

    /// <summary>Rows end on a vector of the widest machine, so that loops over vectors need no end of their own.</summary>
    private const int Alignment = 64;

    private readonly Canvas canvas;
    private readonly int pixelsPerDot;
    private readonly ulong seed;
    private readonly int grainBits;
    private readonly int codeBits;
    private readonly int length;
    private readonly byte[] differences;
    private readonly byte[] changes;

    /// <summary>The codes of the frequent differences, found by their lowest four bits.</summary>
    private readonly Vector128<byte> frequentCodes;

    private readonly Vector128<byte> frequentMax;

    public GrainedRows(Canvas canvas, int pixelsPerDot, ulong seed, int grainBits)
    {
        this.canvas = canvas;
        this.pixelsPerDot = pixelsPerDot;
        this.seed = seed;
        this.grainBits = grainBits;
        codeBits = grainBits + 1;
        length = canvas.Width * pixelsPerDot * 3;
        var aligned = (length + Alignment - 1) / Alignment * Alignment;
        differences = new byte[aligned];
        changes = new byte[aligned];

        var most = (1 << grainBits) - 1;
        frequentMax = Vector128.Create((byte)most);
        var frequent = Enumerable.Range(-most, (2 * most) + 1).Select(difference => (int)(byte)difference).ToList();
        Code = new HuffmanCode(frequent.Select(difference => (difference, codeBits)));
        var codes = new byte[Group];
        foreach (var difference in frequent) codes[difference % Group] = (byte)Code.Of(difference);
        frequentCodes = Vector128.Create(codes);
    }

    public HuffmanCode Code { get; }

    /// <summary>Only where a new row of dots begins can a difference be other than grain.</summary>
    public long MeasureBits()
    {
        var bits = (long)canvas.Height * pixelsPerDot * (Code.Bits(IRows.UpFilter) + ((long)length * codeBits));
        for (var y = 0; y < canvas.Height * pixelsPerDot; y += pixelsPerDot)
        {
            FindDifferences(y);
            for (var i = 0; i < length; i += Group)
            {
                if (AreFrequent(Vector128.Create(differences, i))) continue;
                foreach (var difference in differences.AsSpan(i, Math.Min(Group, length - i))) bits += Code.Bits(difference) - codeBits;
            }
        }

        return bits;
    }

    public void Write(int y, BitWriter bits, ref Adler32 adler)
    {
        Code.Write(bits, IRows.UpFilter);
        adler.Append([IRows.UpFilter]);
        FindDifferences(y);
        adler.Append(differences.AsSpan(0, length));
        var i = 0;
        for (; i + Group <= length; i += Group)
        {
            var group = Vector128.Create(differences, i);
            if (AreFrequent(group))
            {
                var codes = Vector128.Shuffle(frequentCodes, group & Vector128.Create((byte)(Group - 1))).AsUInt64();
                bits.Write(Squeeze(codes[0]), 8 * codeBits);
                bits.Write(Squeeze(codes[1]), 8 * codeBits);
            }
            else
            {
                WriteEach(i, i + Group, bits);
            }
        }

        WriteEach(i, length, bits);
    }

    private void WriteEach(int start, int end, BitWriter bits)
    {
        foreach (var difference in differences.AsSpan(start, end - start)) Code.Write(bits, difference);
    }

    private bool AreFrequent(Vector128<byte> group) =>
        Vector128.LessThanOrEqualAll(group + frequentMax, frequentMax + frequentMax);

    /// <summary>The lowest bits of eight bytes, side by side: in pairs, then pairs of pairs, then both halves.</summary>
    private ulong Squeeze(ulong bytes)
    {
        var gap = 8 - codeBits;
        bytes = (bytes | (bytes >> gap)) & (0x0001000100010001 * ((1ul << (2 * codeBits)) - 1));
        bytes = (bytes | (bytes >> (2 * gap))) & (0x0000000100000001 * ((1ul << (4 * codeBits)) - 1));
        return (bytes | (bytes >> (4 * gap))) & ((1ul << (8 * codeBits)) - 1);
    }

    /// <summary>To the row above: of the grain everywhere, of the picture where a row of dots begins.</summary>
    /// <remarks>The row above the first is black.</remarks>
    private void FindDifferences(int y)
    {
        Grain.Row(grainBits, seed, y)[..differences.Length].CopyTo(differences);
        var vectors = MemoryMarshal.Cast<byte, Vector256<byte>>(differences.AsSpan());
        if (y > 0)
        {
            var above = MemoryMarshal.Cast<byte, Vector256<byte>>(Grain.Row(grainBits, seed, y - 1));
            for (var i = 0; i < vectors.Length; i++) vectors[i] -= above[i];
        }

        if (y % pixelsPerDot != 0) return;
        FindChanges(y / pixelsPerDot);
        var changed = MemoryMarshal.Cast<byte, Vector256<byte>>(changes.AsSpan());
        for (var i = 0; i < vectors.Length; i++) vectors[i] += changed[i];
    }

    private void FindChanges(int dotY)
    {
        var row = canvas.Row(dotY);
        var above = dotY == 0 ? [] : canvas.Row(dotY - 1);
        var to = 0;
        for (var x = 0; x < row.Length; x += 3)
        {
            var red = (byte)(above.IsEmpty ? row[x] : row[x] - above[x]);
            var green = (byte)(above.IsEmpty ? row[x + 1] : row[x + 1] - above[x + 1]);
            var blue = (byte)(above.IsEmpty ? row[x + 2] : row[x + 2] - above[x + 2]);
            for (var pixel = 0; pixel < pixelsPerDot; pixel++, to += 3)
            {
                changes[to] = red;
                changes[to + 1] = green;
                changes[to + 2] = blue;
            }
        }
    }
}
