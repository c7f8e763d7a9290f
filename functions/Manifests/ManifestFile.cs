using Azure;
using Azure.Data.Tables;
using Pipeline.Manifests.Reading;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>One version of a file in the container <c>manifests</c>. Written over, it is another one.</summary>
/// <param name="Blob">Its name, <c>{account}/…</c>.</param>
/// <param name="ETag">Of this version.</param>
/// <param name="DroppedAt">When it was written, to the second.</param>
/// <param name="Bytes">Its length.</param>
public sealed record ManifestFile(string Blob, ETag ETag, DateTimeOffset DroppedAt, long Bytes)
{
    private const string Posted = "posted/";

    /// <summary>What its names may end with; each also with <c>.gz</c>.</summary>
    public const string Endings = ".json, .jsonl or .ndjson";

    /// <summary>How it is laid out, by its name; null if that does not tell.</summary>
    public ManifestFormat? Format => FormatOf(Blob);

    /// <summary>The part of its name that its account gave it.</summary>
    public string ShortName => Blob[(Blob.IndexOf('/', StringComparison.Ordinal) + 1)..];

    /// <summary>Whether it came over HTTP, under a name that nobody chose.</summary>
    public bool IsPosted => ShortName.StartsWith(Posted, StringComparison.Ordinal);

    /// <summary>The blob for a file that comes over HTTP.</summary>
    public static string PostedBlob(string account, ManifestFormat format) =>
        $"{account}/{Posted}{Base32.Random(20)}{(format == ManifestFormat.Json ? ".json" : ".jsonl")}";

    public void Write(TableEntity row)
    {
        row["Blob"] = Blob;
        row["FileETag"] = ETag.ToString();
        row["DroppedAt"] = DroppedAt;
        row["Bytes"] = Bytes;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static ManifestFile FromRow(TableEntity row) => new(
        row.Required("Blob", row.GetString), new ETag(row.Required("FileETag", row.GetString)),
        row.Required("DroppedAt", row.GetDateTimeOffset), row.Required("Bytes", row.GetInt64));

    private static ManifestFormat? FormatOf(string blob)
    {
        var name = blob.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? blob[..^3] : blob;
        return name.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? ManifestFormat.Json
            : name.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".ndjson", StringComparison.OrdinalIgnoreCase)
                ? ManifestFormat.Lines
            : null;
    }
}
