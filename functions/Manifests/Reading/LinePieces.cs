using System.Runtime.CompilerServices;

namespace Pipeline.Manifests.Reading;

/// <summary>The lines of a file that has a job a line. Empty ones are passed over.</summary>
internal static class LinePieces
{
    private static ReadOnlySpan<byte> White => " \t\r"u8;

    public static async IAsyncEnumerable<Piece> Of(FileWindow window, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (searched, tooLong) = (0, false);
        while (true)
        {
            var found = window.Rest[searched..].IndexOf((byte)'\n');
            var end = found < 0 ? window.Rest.Length : searched + found;
            if (found < 0 && !window.IsLast)
            {
                searched = end;
                if (end > ReadManifestFile.JobBytesMax)
                {
                    // What of the line was seen is forgotten; only its end is waited for.
                    (tooLong, searched) = (true, 0);
                    window.Move(end);
                }

                await window.More(cancel);
                continue;
            }

            var (from, to) = Trimmed(window.Rest[..end]);
            if (tooLong || to - from > ReadManifestFile.JobBytesMax) yield return new Piece(null, window.Line, null);
            else if (to > from) yield return new Piece(null, window.Line, window.Part(from, to - from));
            if (found < 0) yield break;
            window.Move(end + 1);
            (searched, tooLong) = (0, false);
        }
    }

    private static (int From, int To) Trimmed(ReadOnlySpan<byte> line)
    {
        var from = line.IndexOfAnyExcept(White);
        return from < 0 ? (0, 0) : (from, line.LastIndexOfAnyExcept(White) + 1);
    }
}
