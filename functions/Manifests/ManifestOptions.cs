using System.ComponentModel.DataAnnotations;

namespace Pipeline.Manifests;

/// <summary>How manifests are taken on; settings <c>Manifests__…</c>.</summary>
public sealed class ManifestOptions
{
    /// <summary>
    /// How many jobs of one manifest are in their lanes at once. The others wait in the table, so that manifests that run side by side
    /// take turns.
    /// </summary>
    /// <value>Default 128. From 1 to 1,000.</value>
    [Range(1, 1000)]
    public int SentAtOnceMax { get; init; } = 128;
}
