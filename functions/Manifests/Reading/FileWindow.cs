using System.IO.Pipelines;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.GZip;
using Pipeline.Http;

namespace Pipeline.Manifests.Reading;

/// <summary>
/// What a manifest's file holds, uncompressed and without a byte order mark, seen through a window that its reader moves: what is in front
/// of it is forgotten, and behind it more is read only when it is asked for.
/// </summary>
internal sealed class FileWindow : IAsyncDisposable
{
    private const int ChunkBytes = 64 * 1024;

    private readonly Stream content;
    private byte[] buffer = new byte[2 * ChunkBytes];
    private int start;
    private int end;
    private long total;

    private FileWindow(Stream content) => this.content = content;

    /// <summary>The window: from where its reader has come to, to where the file was read.</summary>
    public ReadOnlySpan<byte> Rest => buffer.AsSpan(start, end - start);

    /// <summary>Whether nothing follows the window.</summary>
    public bool IsLast { get; private set; }

    /// <summary>The line in which the window begins, from 1.</summary>
    public long Line { get; private set; } = 1;

    /// <param name="file">Compressed with gzip or not: its first bytes tell, not its name.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="UnreadableFileException">It is no text in UTF-8.</exception>
    public static async Task<FileWindow> Open(Stream file, CancellationToken cancel)
    {
        var pipe = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: ChunkBytes, leaveOpen: true));
        var first = (await pipe.ReadAtLeastAsync(2, cancel)).Buffer;
        var isGzip = first.Length >= 2 && first.FirstSpan is [0x1F, 0x8B, ..];
        pipe.AdvanceTo(first.Start);
        // Not .NET's own stream, which takes a file that was cut off for a whole one.
        var window = new FileWindow(isGzip ? new GZipInputStream(pipe.AsStream(), ChunkBytes) : pipe.AsStream());
        while (window.Rest.Length < FileEncoding.SampleBytes && !window.IsLast) await window.More(cancel);
        if (FileEncoding.FaultOf(window.Rest) is { } fault) throw new UnreadableFileException(1, "wrong_encoding", fault);
        window.Move(JsonText.MarkLength(window.Rest));
        if (window is { IsLast: true, Rest.Length: 0 }) throw new UnreadableFileException(1, "empty_file", "The file is empty.");
        return window;
    }

    /// <summary>A part of the window; valid until the next <see cref="More"/>.</summary>
    public ReadOnlyMemory<byte> Part(int from, int length) => buffer.AsMemory(start + from, length);

    /// <summary>The line of a byte of the window.</summary>
    public long LineOf(int offset) => Line + Rest[..offset].Count((byte)'\n');

    /// <summary>Moves the window's beginning.</summary>
    public void Move(int count)
    {
        Line = LineOf(count);
        start += count;
    }

    /// <summary>Reads on. What is in the window stays there, so it is the reader's to see that it does not grow for ever.</summary>
    /// <exception cref="UnreadableFileException">The file is damaged or too large.</exception>
    public async Task More(CancellationToken cancel)
    {
        if (buffer.Length - end < ChunkBytes) MakeRoom();
        int count;
        try
        {
            count = await content.ReadAsync(buffer.AsMemory(end), cancel);
        }
        // The last of these is how the library finds that some damaged data makes no sense.
        catch (Exception e) when (e is SharpZipBaseException or EndOfStreamException or IndexOutOfRangeException)
        {
            throw new UnreadableFileException(
                LineOf(Rest.Length), "damaged_gzip",
                $"The compressed file is damaged or cut off after {total:N0} bytes of what it holds: {e.Message}.");
        }

        IsLast = count == 0;
        end += count;
        total += count;
        if (total > ReadManifestFile.BytesMax)
            throw new UnreadableFileException(
                LineOf(Rest.Length), "too_large",
                $"The file has more than {ReadManifestFile.BytesMax >> 20} MiB, uncompressed; a manifest may have as many. "
                + "Split it, and put images that many jobs share into POST /v1/references.");
    }

    public ValueTask DisposeAsync() => content.DisposeAsync();

    private void MakeRoom()
    {
        var rest = Rest.Length;
        var target = rest + ChunkBytes > buffer.Length / 2 ? new byte[buffer.Length * 2] : buffer;
        Rest.CopyTo(target);
        (buffer, start, end) = (target, 0, rest);
    }
}
