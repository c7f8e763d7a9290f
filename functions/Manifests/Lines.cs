using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Pipeline.Manifests;

/// <summary>Lines of a stream that this app wrote, one at a time in memory.</summary>
internal static class Lines
{
    /// <summary>All lines of a file, from its beginning.</summary>
    public static IAsyncEnumerable<ReadOnlyMemory<byte>> Of(FileStream file, CancellationToken cancel)
    {
        file.Position = 0;
        return Of(file, leaveOpen: true, cancel);
    }

    /// <summary>Each line without its end; valid until the next is asked for. What follows the last end is no line.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> Of(
        Stream stream, bool leaveOpen, [EnumeratorCancellation] CancellationToken cancel)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: leaveOpen));
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(cancel);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = rest.Slice(0, end);
                    yield return line.IsSingleSegment ? line.First : line.ToArray();
                    rest = rest.Slice(rest.GetPosition(1, end));
                }

                if (read.IsCompleted) yield break;
                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }
}
