using System.IO.Compression;
using System.Text;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Manifests.Reading;

namespace Pipeline.Tests.Manifests;

/// <summary>A file as the reader finds it: its head, and the items if the head is right.</summary>
internal sealed record ReadFile(ManifestHead Head, IReadOnlyList<ManifestItem> Items)
{
    public static readonly Catalogue Catalogue = Catalogue.Load();

    public IReadOnlyList<ManifestItem.Valid> Valid => [.. Items.OfType<ManifestItem.Valid>()];

    /// <summary>All that is wrong, in the order of the file.</summary>
    public IReadOnlyList<ManifestError> Errors =>
    [
        .. Head.Errors,
        .. Items.SelectMany(item => item switch
        {
            ManifestItem.Invalid invalid => invalid.Errors,
            ManifestItem.Refused refused => [refused.Error],
            _ => [],
        }),
    ];

    /// <summary>As <c>line pointer code</c>.</summary>
    public IEnumerable<string> Faults => Errors.Select(error => $"{error.Line} {error.Pointer} {error.Code}");

    public static Task<ReadFile> Json(string text, params Preset[] presets) =>
        From(Encoding.UTF8.GetBytes(text), ManifestFormat.Json, presets);

    public static Task<ReadFile> Lines(string text, params Preset[] presets) =>
        From(Encoding.UTF8.GetBytes(text), ManifestFormat.Lines, presets);

    public static Task<ReadFile> From(byte[] file, ManifestFormat format, params Preset[] presets) =>
        From(() => new MemoryStream(file), format, presets);

    public static async Task<ReadFile> From(Func<Stream> open, ManifestFormat format, params Preset[] presets)
    {
        await using var first = open();
        var head = await ReadManifestFile.Head(first, format, Catalogue, new OutgoingOptions(), default);
        if (head.Errors.Count > 0) return new ReadFile(head, []);
        await using var second = open();
        return new ReadFile(
            head, await ReadManifestFile.Items(second, format, head, Catalogue, new OutgoingOptions(), presets, default).ToListAsync());
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(bytes);
        return packed.ToArray();
    }
}
