using System.Buffers.Binary;

namespace Local.ImageApi.Pictures;

/// <summary>Deflate's bit order: the first bit is the lowest of the first byte.</summary>
internal sealed class BitWriter(byte[] bytes)
{
    private ulong pending;
    private int pendingBits;
    private long taken;

    /// <summary>Whole bytes written and not yet taken.</summary>
    public int Filled { get; private set; }

    public long BitsWritten => ((taken + Filled) * 8) + pendingBits;

    /// <summary>The lowest <paramref name="count"/> bits; the others must be 0.</summary>
    /// <remarks>At most 56 at once: with 7 bits waiting, more do not fit into 64.</remarks>
    public void Write(ulong bits, int count)
    {
        pending |= bits << pendingBits;
        pendingBits += count;
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
        taken += count;
    }
}
