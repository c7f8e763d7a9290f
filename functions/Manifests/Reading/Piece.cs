namespace Pipeline.Manifests.Reading;

/// <summary>A piece of a manifest's file: a field of its head, or a job.</summary>
/// <param name="Field">The field's name; null for a job.</param>
/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Json">Its text, valid until the next piece is asked for; null if it is too long to be read.</param>
internal readonly record struct Piece(string? Field, long Line, ReadOnlyMemory<byte>? Json)
{
    /// <summary>What is wrong with a piece that is too long, as the end of a sentence.</summary>
    public static string TooLong =>
        $"may have {ReadManifestFile.JobBytesMax >> 20} MiB of JSON and has more: put its images into POST /v1/references.";
}
