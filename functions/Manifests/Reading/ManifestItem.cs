using System.Text.Json;
using Pipeline.Jobs;

namespace Pipeline.Manifests.Reading;

/// <summary>One job of a manifest's file, or what stands where a job should be.</summary>
public abstract record ManifestItem
{
    private ManifestItem()
    {
    }

    /// <summary>A job that can run.</summary>
    /// <param name="Line">Where it begins in the file, from 1.</param>
    /// <param name="Index">Which of the file's jobs it is, from 0, valid or not; each combination of a matrix is one.</param>
    /// <param name="Json">Its fields: its own, then the defaults', then its preset's.</param>
    /// <param name="Request">The same, read.</param>
    /// <param name="Hash">Of its fields, whatever their order and spacing.</param>
    public sealed record Valid(long Line, int Index, JsonElement Json, JobRequest Request, UInt128 Hash) : ManifestItem;

    /// <summary>A job that cannot run.</summary>
    public sealed record Invalid(long Line, int Index, IReadOnlyList<ManifestError> Errors) : ManifestItem;

    /// <summary>Nothing of the file may run. It is the last item.</summary>
    public sealed record Refused(ManifestError Error) : ManifestItem;
}
