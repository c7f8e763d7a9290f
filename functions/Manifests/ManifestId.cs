using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>
/// A manifest's id, <c>mf_…</c>: from the version of its file alone, so that each event of the file, each listing and each try find the
/// same manifest.
/// </summary>
public readonly record struct ManifestId
{
    public const string Start = "mf_";
    private const int TimeDigits = 10;
    private const int HashDigits = 16;

    private ManifestId(string value) => Value = value;

    public string Value { get; }

    /// <summary>The row's key in the ledger: the newest manifest sorts first.</summary>
    public string RowKey => LedgerKeys.Manifest(Base32.Reverse(Digits));

    /// <summary>The digits that its jobs' ids carry.</summary>
    private string Seed => Digits[TimeDigits..];

    private string Digits => Value[Start.Length..];

    public static ManifestId Of(ManifestFile file)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{file.Blob} {file.ETag}"));
        return new(
            Start + Base32.Encode((ulong)file.DroppedAt.ToUnixTimeMilliseconds(), TimeDigits) + Base32.Encode(hash, HashDigits));
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out ManifestId id)
    {
        var valid = text is not null
            && text.Length == Start.Length + TimeDigits + HashDigits
            && text.StartsWith(Start, StringComparison.Ordinal)
            && Base32.IsValid(text.AsSpan(Start.Length));
        id = valid ? new ManifestId(text!) : default;
        return valid;
    }

    /// <summary>The id of the job at this place of the plan, the same at every try.</summary>
    public JobId Job(DateTimeOffset createdAt, int place) => JobId.OfManifest(createdAt, Seed, place);

    public override string ToString() => Value;
}
