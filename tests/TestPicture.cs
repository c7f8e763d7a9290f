using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using Local.ImageApi.Pictures;

namespace Pipeline.Tests;

/// <summary>Images as callers bring them: whole, small, and as large as a test needs.</summary>
internal static class TestPicture
{
    /// <summary>A PNG of these pixels, all of one grey.</summary>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="grey">Tells one picture from another.</param>
    /// <param name="bytes">How long the file is to be; by default as short as may be.</param>
    public static byte[] Png(int width = 40, int height = 30, byte grey = 128, int? bytes = null)
    {
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        header[8] = 8;
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var row = new byte[width + 1];
            row.AsSpan(1).Fill(grey);
            for (var y = 0; y < height; y++) zlib.Write(row);
        }

        byte[] start = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, .. Chunk("IHDR"u8, header)];
        byte[] end = [.. Chunk("IDAT"u8, packed.ToArray()), .. Chunk("IEND"u8, [])];
        const int chunkFrame = 12;
        return bytes is { } length
            ? [.. start, .. Chunk("prIv"u8, RandomNumberGenerator.GetBytes(length - start.Length - end.Length - chunkFrame)), .. end]
            : [.. start, .. end];
    }

    public static byte[] Jpeg(ushort width, ushort height)
    {
        byte[] file =
        [
            0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10, .. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0,
            0xFF, 0xC0, 0x00, 0x11, 0x08, 0, 0, 0, 0, 0x03, 0x01, 0x22, 0x00, 0x02, 0x11, 0x01, 0x03, 0x11, 0x01, 0xFF, 0xD9,
        ];
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(25), height);
        BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(27), width);
        return file;
    }

    public static byte[] Webp(ushort width, ushort height)
    {
        byte[] file = [.. "RIFF"u8, 22, 0, 0, 0, .. "WEBPVP8X"u8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(24), (ushort)(width - 1));
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(27), (ushort)(height - 1));
        return file;
    }

    public static string Sha256(byte[] image) => Convert.ToHexStringLower(SHA256.HashData(image));

    public static string DataUri(byte[] image, string type = "image/png") => $"data:{type};base64,{Convert.ToBase64String(image)}";

    private static byte[] Chunk(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        name.CopyTo(chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.Append(0, chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }
}
