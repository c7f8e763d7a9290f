namespace Pipeline.Manifests.Reading;

/// <summary>A manifest's file cannot be read on from here. It does not leave this folder: its reader makes a report of it.</summary>
internal sealed class UnreadableFileException(long line, string code, string detail) : Exception(detail)
{
    public ManifestError Error { get; } = new(line, "", code, detail);
}
