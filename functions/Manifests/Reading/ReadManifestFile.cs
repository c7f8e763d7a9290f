using System.Runtime.CompilerServices;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Manifests.Reading;

/// <summary>
/// Reads a manifest's file as a stream, in memory for its longest job. Twice: first its head, which may stand behind the jobs, then them.
/// </summary>
public static class ReadManifestFile
{
    /// <summary>Uncompressed. Time and temporary disk of one manifest are bounded by it.</summary>
    public const int BytesMax = 200 << 20;

    public const int JobsMax = 50_000;

    /// <summary>Of one job's JSON, which is in memory as a whole. Only inline images make it longer than a few kilobytes.</summary>
    public const int JobBytesMax = 4 << 20;

    /// <summary>Reads all of the file, and what it says of itself. Whatever is wrong with it is in the answer.</summary>
    /// <param name="file">Its bytes, compressed with gzip or not.</param>
    /// <param name="format">How it is laid out.</param>
    /// <param name="catalogue">The models and ratios there are.</param>
    /// <param name="outgoing">Where a <c>webhook_url</c> may lead.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<ManifestHead> Head(
        Stream file, ManifestFormat format, Catalogue catalogue, OutgoingOptions outgoing, CancellationToken cancel)
    {
        try
        {
            await using var window = await FileWindow.Open(file, cancel);
            return format == ManifestFormat.Json
                ? await ReadManifestHead.OfJson(new JsonPieces(window), catalogue, outgoing, cancel)
                : await ReadManifestHead.OfLines(window, catalogue, outgoing, cancel);
        }
        catch (UnreadableFileException e)
        {
            return new ManifestHead { Errors = [e.Error] };
        }
    }

    /// <summary>Reads the jobs. Whatever is wrong with them is among the items.</summary>
    /// <param name="file">The same bytes again.</param>
    /// <param name="format">How it is laid out.</param>
    /// <param name="head">As it was found, without errors.</param>
    /// <param name="catalogue">The models and ratios there are.</param>
    /// <param name="outgoing">Where a <c>webhook_url</c> may lead.</param>
    /// <param name="presets">Those that the jobs may name.</param>
    /// <param name="cancel">Gives up.</param>
    public static async IAsyncEnumerable<ManifestItem> Items(
        Stream file, ManifestFormat format, ManifestHead head, Catalogue catalogue, OutgoingOptions outgoing,
        IReadOnlyList<Preset> presets, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var pieces = Jobs(file, format, cancel).GetAsyncEnumerator(cancel);
        var jobs = new ReadManifestJobs(head, catalogue, presets, outgoing);
        while (true)
        {
            ManifestItem.Refused? end = null;
            try
            {
                if (!await pieces.MoveNextAsync()) break;
            }
            catch (UnreadableFileException e)
            {
                end = new(e.Error);
            }

            if (end is not null)
            {
                yield return end;
                break;
            }

            var (pointer, piece) = pieces.Current;
            foreach (var item in jobs.Of(piece, pointer))
            {
                yield return item;
                if (item is ManifestItem.Refused) yield break;
            }
        }
    }

    /// <summary>The jobs with their pointers.</summary>
    private static async IAsyncEnumerable<(string Pointer, Piece Piece)> Jobs(
        Stream file, ManifestFormat format, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var window = await FileWindow.Open(file, cancel);
        if (format == ManifestFormat.Lines)
        {
            var isFirst = true;
            await foreach (var piece in LinePieces.Of(window, cancel))
            {
                if (!isFirst || !ReadManifestHead.IsHead(piece)) yield return ("", piece);
                isFirst = false;
            }

            yield break;
        }

        var json = new JsonPieces(window);
        var position = 0;
        await foreach (var piece in json.All(cancel))
        {
            if (piece.Field is null) yield return ($"{(json.IsArray ? "" : "/" + JsonPieces.Jobs)}/{position++}", piece);
        }
    }
}
