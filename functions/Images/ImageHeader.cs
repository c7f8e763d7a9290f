using System.Buffers.Binary;

namespace Pipeline.Images;

/// <summary>What a file's own bytes say that it is: its type and pixel size, not its name.</summary>
public sealed record ImageHeader(string ContentType, string Extension, PixelSize Size)
{
    /// <summary>So many bytes from the beginning are enough; in a JPEG, thumbnails may come before the size.</summary>
    public const int BytesMax = 256 * 1024;

    /// <summary>So many bytes from the end show whether it is whole.</summary>
    public const int TrailerBytes = 12;

    private static ReadOnlySpan<byte> PngStart => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>The chunk IEND: its name and its checksum, which never varies.</summary>
    private static ReadOnlySpan<byte> PngEnd => [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82];

    private static ReadOnlySpan<byte> JpegStart => [0xFF, 0xD8, 0xFF];

    private static ReadOnlySpan<byte> JpegEnd => [0xFF, 0xD9];

    /// <summary>Reads the beginning of a PNG, JPEG or WebP file, or gives null if it is none.</summary>
    /// <remarks>After the PNG specification §11.2.2, ITU-T T.81 annex B, and RFC 9649.</remarks>
    public static ImageHeader? Read(ReadOnlySpan<byte> head) =>
        ReadPng(head) is { } png ? new("image/png", "png", png)
        : ReadJpeg(head) is { } jpeg ? new("image/jpeg", "jpg", jpeg)
        : ReadWebp(head) is { } webp ? new("image/webp", "webp", webp)
        : null;

    /// <summary>Whether a file that begins with this header also ends as one of its type does.</summary>
    /// <param name="head">At least its first 12 bytes.</param>
    /// <param name="trailer">Its last <see cref="TrailerBytes"/> bytes.</param>
    /// <param name="length">Its length in bytes.</param>
    public bool IsWhole(ReadOnlySpan<byte> head, ReadOnlySpan<byte> trailer, long length) => Extension switch
    {
        "png" => trailer.EndsWith(PngEnd),
        "jpg" => trailer.IndexOf(JpegEnd) >= 0,
        _ => BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) + 8L <= length,
    };

    private static PixelSize? ReadPng(ReadOnlySpan<byte> head) =>
        head.Length >= 24 && head.StartsWith(PngStart) && head[12..16].SequenceEqual("IHDR"u8)
            ? Sized(BinaryPrimitives.ReadUInt32BigEndian(head[16..]), BinaryPrimitives.ReadUInt32BigEndian(head[20..]))
            : null;

    private static PixelSize? ReadJpeg(ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith(JpegStart)) return null;
        for (var at = 2; at + 9 <= head.Length;)
        {
            if (head[at] != 0xFF) return null;
            var marker = head[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            // A start of frame: every C0 to CF but the three that mean tables or are reserved.
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                return Sized(
                    BinaryPrimitives.ReadUInt16BigEndian(head[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(head[(at + 5)..]));
            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(head[(at + 2)..]);
        }

        return null;
    }

    private static PixelSize? ReadWebp(ReadOnlySpan<byte> head)
    {
        if (head.Length < 30 || !head.StartsWith("RIFF"u8) || !head[8..12].SequenceEqual("WEBP"u8)) return null;
        var chunk = head[12..16];
        if (chunk.SequenceEqual("VP8X"u8)) return Sized(UInt24(head[24..]) + 1, UInt24(head[27..]) + 1);
        if (chunk.SequenceEqual("VP8 "u8))
            return Sized(
                BinaryPrimitives.ReadUInt16LittleEndian(head[26..]) & 0x3FFFu,
                BinaryPrimitives.ReadUInt16LittleEndian(head[28..]) & 0x3FFFu);
        if (!chunk.SequenceEqual("VP8L"u8)) return null;
        var bits = BinaryPrimitives.ReadUInt32LittleEndian(head[21..]);
        return Sized((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1);
    }

    private static uint UInt24(ReadOnlySpan<byte> bytes) => bytes[0] | ((uint)bytes[1] << 8) | ((uint)bytes[2] << 16);

    private static PixelSize? Sized(uint width, uint height) =>
        width is > 0 and <= int.MaxValue && height is > 0 and <= int.MaxValue ? new PixelSize((int)width, (int)height) : null;
}
