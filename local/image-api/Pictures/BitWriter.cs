using System.Buffers.Binary;

namespace Local.ImageApi.Pictures;

/// <summary>Deflate's bit order: the first bit is the lowest of the first byte.</summary>
internal sealed class BitWriter(byte[] bytes)
{
    /// <summary>With up to 7 bits waiting, more would not fit into 64.</summary>
    private const int BitsMax = 56;

    private ulong pending;
    private int pendingBits;

    /// <summary>Whole bytes written and not yet taken.</summary>
    public int Filled { get; private set; }

    public long BitsWritten { get; private set; }

    /// <summary>The lowest <paramref name="count"/> bits, at most 56; the others must be 0.</summary>
    public void Write(ulong bits, int count)
    {
        System.Diagnostics.Debug.Assert(count is >= 0 and <= BitsMax && bits >> count == 0);
        pending |= bits << pendingBits;
        pendingBits += count;
        BitsWritten += count;
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(Filled), pending);
        var whole = pendingBits >> 3;
        Filled += whole;
        pending >>= whole << 3;
        pendingBits &= 7;
    }

    public void AlignToByte() => Write(0, -pendingBits & 7);

    /// <summary>Forgets the first bytes, once they were copied; the rest moves to the front.</summary>
    public void Take(int count)
    {
        bytes.AsSpan(count, Filled - count).CopyTo(bytes);
        Filled -= count;
    }
}
