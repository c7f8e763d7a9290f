using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace Pipeline.Tests.Local.ImageApi;

/// <summary>Reads a PNG as strictly as any viewer, with code that shares nothing with what wrote it.</summary>
internal sealed record PngCheck(int Width, int Height, byte[] Pixels)
{
    private static readonly byte[] Signature = [137, 80, 78, 71, 13, 10, 26, 10];

    /// <summary>Fails unless the file is an RGB PNG of 8 bits, whole and without a byte too much.</summary>
    /// <param name="file">The file.</param>
    /// <param name="texts">Gets the texts of iTXt chunks by their keywords; without it, the file must have none.</param>
    public static PngCheck Read(byte[] file, IDictionary<string, string>? texts = null)
    {
        Assert.That(file.AsSpan(0, 8).ToArray(), Is.EqualTo(Signature), "signature");
        var names = new List<string>();
        using var data = new MemoryStream();
        int width = 0, height = 0;
        for (var at = 8; at < file.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(at));
            var name = Encoding.ASCII.GetString(file, at + 4, 4);
            var content = file.AsSpan(at + 8, length);
            var crc = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(at + 8 + length));
            Assert.That(crc, Is.EqualTo(Crc(file.AsSpan(at + 4, 4 + length))), $"CRC of {name} at {at}");
            if (name == "iTXt" && texts is not null) AddText(content, texts);
            else names.Add(name);
            if (name == "IDAT") data.Write(content);
            if (name == "IHDR")
            {
                width = BinaryPrimitives.ReadInt32BigEndian(content);
                height = BinaryPrimitives.ReadInt32BigEndian(content[4..]);
                Assert.That(content[8..].ToArray(), Is.EqualTo(new byte[] { 8, 2, 0, 0, 0 }), "bits, colour type, methods");
            }

            at += 12 + length;
        }

        // The simulator's own, which only makes a file longer.
        names.RemoveAll(name => name == "fiLl");
        Assert.That(names[0], Is.EqualTo("IHDR"));
        Assert.That(names[^1], Is.EqualTo("IEND"));
        Assert.That(names.Skip(1).SkipLast(1), Is.Not.Empty.And.All.EqualTo("IDAT"));
        data.Position = 0;
        return new PngCheck(width, height, Unfilter(data, width * 3, height));
    }

    public (byte Red, byte Green, byte Blue) At(int x, int y)
    {
        var i = ((y * Width) + x) * 3;
        return (Pixels[i], Pixels[i + 1], Pixels[i + 2]);
    }

    /// <summary>Keyword, end, not compressed, no language, no translation, text.</summary>
    private static void AddText(ReadOnlySpan<byte> content, IDictionary<string, string> texts)
    {
        var end = content.IndexOf((byte)0);
        Assert.That(content.Slice(end, 5).ToArray(), Is.All.Zero);
        texts.Add(Encoding.Latin1.GetString(content[..end]), new UTF8Encoding(false, true).GetString(content[(end + 5)..]));
    }

    /// <summary>The inflater checks the checksum at the end; here that there is a row for each line and nothing after the last.</summary>
    private static byte[] Unfilter(Stream data, int rowBytes, int height)
    {
        using var inflated = new ZLibStream(data, CompressionMode.Decompress);
        var pixels = new byte[rowBytes * height];
        for (var y = 0; y < height; y++)
        {
            var filter = inflated.ReadByte();
            var row = pixels.AsSpan(y * rowBytes, rowBytes);
            inflated.ReadExactly(row);
            if (filter is not (0 or 2)) Assert.Fail($"filter {filter} in row {y}: only None and Up are known here");
            if (filter == 0 || y == 0) continue;
            var above = pixels.AsSpan((y - 1) * rowBytes, rowBytes);
            for (var i = 0; i < rowBytes; i++) row[i] += above[i];
        }

        Assert.That(inflated.ReadByte(), Is.EqualTo(-1), "bytes after the last row");
        Assert.That(data.Position, Is.EqualTo(data.Length), "bytes after the zlib stream");
        return pixels;
    }

    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(value =>
    {
        var crc = (uint)value;
        for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? (crc >> 1) ^ 0xEDB88320 : crc >> 1;
        return crc;
    })];

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes) crc = (crc >> 8) ^ CrcTable[(byte)(crc ^ value)];
        return ~crc;
    }
}
