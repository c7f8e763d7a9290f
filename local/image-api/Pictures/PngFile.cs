using System.Buffers;
using System.Buffers.Binary;

namespace Local.ImageApi.Pictures;

/// <summary>A picture as a PNG (RGB, 8 bits) that is never held as a whole: its length first, then its bytes in parts.</summary>
internal sealed class PngFile : IDisposable
{
    /// <summary>Data of a chunk; with the longest row waiting behind it still a small buffer.</summary>
    private const int ChunkBytes = 64 * 1024;

    /// <summary>The longest row is 12,288 pixels of which every byte takes 12 bits, and the code's own description.</summary>
    private const int RowBytesMax = 60 * 1024;

    /// <summary>Length, name and CRC around a chunk's data.</summary>
    private const int ChunkFrameBytes = 12;

    /// <summary>A chunk of our own that readers pass over, as its small letters tell them: zeros that only make the file longer.</summary>
    private static readonly byte[] Filling = new byte[ChunkBytes];

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private readonly Picture picture;
    private readonly Canvas canvas;
    private readonly IRows rows;
    private readonly long fillingBytes;

    /// <param name="picture">What to draw.</param>
    /// <param name="bytesMin">How long the file is at least; up to 11 bytes longer where a chunk of that size does not exist.</param>
    public PngFile(Picture picture, long bytesMin = 0)
    {
        this.picture = picture;
        canvas = Composition.Paint(picture);
        rows = picture.Realistic
            ? new GrainedRows(canvas, picture.PixelsPerDot, picture.Seed, GrainBits(picture.Tier))
            : new FlatRows(canvas, picture.PixelsPerDot);
        var dataBytes = MeasureData();
        var chunks = (dataBytes + ChunkBytes - 1) / ChunkBytes;
        var drawn = Signature.Length + (ChunkFrameBytes + 13) + dataBytes + (chunks * ChunkFrameBytes) + ChunkFrameBytes;
        fillingBytes = drawn < bytesMin ? Math.Max(bytesMin - drawn, ChunkFrameBytes) : 0;
        Length = drawn + fillingBytes;
    }

    public long Length { get; }

    /// <summary>The file from its first byte to its last. A part is good until the next is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Parts()
    {
        var data = ArrayPool<byte>.Shared.Rent(ChunkBytes + RowBytesMax);
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes + ChunkFrameBytes);
        try
        {
            yield return Head();
            var bits = new BitWriter(data);
            var adler = new Adler32();
            Open(bits);
            for (var y = 0; y < picture.Size.Height; y++)
            {
                rows.Write(y, bits, ref adler);
                while (bits.Filled >= ChunkBytes) yield return TakeChunk(bits, data, ChunkBytes, chunk);
            }

            Close(bits, adler);
            while (bits.Filled > 0) yield return TakeChunk(bits, data, Math.Min(bits.Filled, ChunkBytes), chunk);
            for (var left = fillingBytes; left > 0;)
            {
                var part = NextFilling(left);
                left -= part;
                yield return Chunk("fiLl"u8, Filling.AsSpan(0, part - ChunkFrameBytes), chunk);
            }

            yield return Chunk("IEND"u8, [], chunk);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
            ArrayPool<byte>.Shared.Return(data);
        }
    }

    public void Dispose() => canvas.Dispose();

    /// <summary>As large as real files: at 4 bits a byte 512 has 0.4 MB and 1K 1.6 MB, at 3 bits 2K has 5 MB and 4K 19 MB.</summary>
    private static int GrainBits(Tier tier) => tier <= Tier.One ? 3 : 2;

    private void Open(BitWriter bits)
    {
        bits.Write(0x0178, 16); // zlib: deflate, a window of 32 kB, no dictionary
        rows.Code.WriteBlockHeader(bits, FlatRows.DistanceSymbol);
    }

    private void Close(BitWriter bits, Adler32 adler)
    {
        rows.Code.Write(bits, HuffmanCode.EndOfBlock);
        bits.AlignToByte();
        bits.Write(BinaryPrimitives.ReverseEndianness(adler.Value), 32);
    }

    private long MeasureData()
    {
        var frame = new BitWriter(new byte[1024]);
        Open(frame);
        var rowBits = rows.MeasureBits();
        const int adlerBytes = 4;
        return ((frame.BitsWritten + rowBits + rows.Code.Bits(HuffmanCode.EndOfBlock) + 7) / 8) + adlerBytes;
    }

    /// <summary>The next chunk with its frame: a full one, or what leaves room for the frame of one more.</summary>
    private static int NextFilling(long left)
    {
        const int whole = ChunkBytes + ChunkFrameBytes;
        if (left <= whole) return (int)left;
        return left - whole < ChunkFrameBytes ? whole - ChunkFrameBytes : whole;
    }

    private byte[] Head()
    {
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Size.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], picture.Size.Height);
        header[8] = 8; // bits a channel
        header[9] = 2; // RGB; the rest is 0: deflate, the five filters, not interlaced
        var chunk = new byte[ChunkFrameBytes + header.Length];
        Chunk("IHDR"u8, header, chunk);
        return [.. Signature, .. chunk];
    }

    private static ReadOnlyMemory<byte> TakeChunk(BitWriter bits, byte[] data, int count, byte[] into)
    {
        var chunk = Chunk("IDAT"u8, data.AsSpan(0, count), into);
        bits.Take(count);
        return chunk;
    }

    private static ReadOnlyMemory<byte> Chunk(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, byte[] into)
    {
        BinaryPrimitives.WriteInt32BigEndian(into, data.Length);
        name.CopyTo(into.AsSpan(4));
        data.CopyTo(into.AsSpan(8));
        var crc = Crc32.Append(0, into.AsSpan(4, 4 + data.Length));
        BinaryPrimitives.WriteUInt32BigEndian(into.AsSpan(8 + data.Length), crc);
        return into.AsMemory(0, ChunkFrameBytes + data.Length);
    }
}
