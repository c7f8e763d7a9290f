using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Pipeline.Http;

namespace Pipeline.Images;

/// <summary>Writes what was asked for into a PNG while it is received. Any other file passes as it is.</summary>
/// <remarks>After the PNG specification §11.3.3.4: iTXt chunks may stand anywhere behind the header, and are UTF-8.</remarks>
public sealed class PngText
{
    /// <summary>The data of the chunk IHDR, which is always the first and always as long.</summary>
    private const int FactsBytes = 13;

    /// <summary>The signature, and that chunk.</summary>
    private const int HeaderBytes = 8 + 12 + FactsBytes;

    private readonly ReceiveBytes receive;
    private readonly byte[] texts;

    /// <summary>What is to be given out before more is received; null before the first bytes came.</summary>
    private ReadOnlyMemory<byte>? ahead;

    /// <param name="receive">Gives the file's bytes.</param>
    /// <param name="texts">Whole chunks, to stand behind the header.</param>
    public PngText(ReceiveBytes receive, byte[] texts)
    {
        this.receive = receive;
        this.texts = texts;
    }

    /// <summary>Three chunks: the prompt, the model, and the other parameters as one line of JSON.</summary>
    public static byte[] ChunksOf(AskedFor request) =>
    [
        .. Chunk("Description", request.Prompt),
        .. Chunk("Software", request.Model),
        .. Chunk("parameters", JsonSerializer.Serialize(
            new { request.ImageSize, request.Thinking, request.Search, request.ServiceTier, request.RefImages, request.EditOf },
            Json.Options)),
    ];

    /// <inheritdoc cref="ReceiveBytes"/>
    public async ValueTask<int> Receive(Memory<byte> buffer, CancellationToken cancel)
    {
        var given = ahead ??= await Begin(cancel);
        if (given.IsEmpty) return await receive(buffer, cancel);
        var count = Math.Min(given.Length, buffer.Length);
        given[..count].CopyTo(buffer);
        ahead = given[count..];
        return count;
    }

    private async Task<ReadOnlyMemory<byte>> Begin(CancellationToken cancel)
    {
        var header = new byte[HeaderBytes];
        var length = 0;
        while (length < header.Length)
        {
            var count = await receive(header.AsMemory(length), cancel);
            if (count == 0) return header.AsMemory(0, length);
            length += count;
        }

        var isPng = ImageHeader.Read(header) is { Extension: "png" } && BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(8)) == FactsBytes;
        return isPng ? (byte[])[.. header, .. texts] : header;
    }

    /// <summary>Its length, its name, and its data, with a checksum of the last two.</summary>
    private static byte[] Chunk(string keyword, string text)
    {
        // The keyword's end, neither compressed nor by which method, no language, no translated keyword.
        byte[] named = [.. "iTXt"u8, .. Encoding.ASCII.GetBytes(keyword), 0, 0, 0, 0, 0, .. Encoding.UTF8.GetBytes(text)];
        var chunk = new byte[4 + named.Length + 4];
        BinaryPrimitives.WriteInt32BigEndian(chunk, named.Length - 4);
        named.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + named.Length), Crc32.Of(named));
        return chunk;
    }
}
