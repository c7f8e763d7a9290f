using static System.Buffers.Binary.BinaryPrimitives;

namespace Local.ImageApi.Calls;

/// <summary>What the first bytes of an image say about it.</summary>
internal readonly record struct ImageHead(string Format, PixelSize Size)
{
    private static ReadOnlySpan<byte> PngStart => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Null for what is not a PNG, JPEG or WebP image.</summary>
    public static ImageHead? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 24 && bytes.StartsWith(PngStart)) return Png(bytes);
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8])) return Jpeg(bytes[2..]);
        if (bytes.Length >= 30 && bytes.StartsWith("RIFF"u8) && bytes[8..].StartsWith("WEBPVP8"u8)) return WebP(bytes[15..]);
        return null;
    }

    /// <summary>The first chunk is always IHDR.</summary>
    private static ImageHead Png(ReadOnlySpan<byte> bytes) =>
        new("png", new PixelSize(ReadInt32BigEndian(bytes[16..]), ReadInt32BigEndian(bytes[20..])));

    /// <summary>Segments of FF, marker, length; the size is in the first start-of-frame (C0 to CF without C4, C8 and CC).</summary>
    private static ImageHead? Jpeg(ReadOnlySpan<byte> segments)
    {
        while (segments.Length >= 9 && segments[0] == 0xFF)
        {
            var marker = segments[1];
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return new ImageHead("jpeg", new PixelSize(ReadUInt16BigEndian(segments[7..]), ReadUInt16BigEndian(segments[5..])));
            }

            var length = marker == 0xFF ? 1 : 2 + ReadUInt16BigEndian(segments[2..]);
            if (length > segments.Length) return null;
            segments = segments[length..];
        }

        return null;
    }

    /// <summary>The three kinds of WebP begin with VP8 and a space (lossy), an L (lossless) or an X (extended).</summary>
    private static ImageHead? WebP(ReadOnlySpan<byte> kind) => kind[0] switch
    {
        (byte)' ' => WebP(ReadUInt16LittleEndian(kind[11..]) & 0x3FFF, ReadUInt16LittleEndian(kind[13..]) & 0x3FFF),
        (byte)'L' => WebP((ReadInt32LittleEndian(kind[6..]) & 0x3FFF) + 1, ((ReadInt32LittleEndian(kind[6..]) >> 14) & 0x3FFF) + 1),
        (byte)'X' => WebP((ReadInt32LittleEndian(kind[9..]) & 0xFFFFFF) + 1, (ReadInt32LittleEndian(kind[11..]) >> 8) + 1),
        _ => null,
    };

    private static ImageHead? WebP(int width, int height) => new ImageHead("webp", new PixelSize(width, height));
}
