using Azure.Data.Tables;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Audit;

/// <summary>What matters of a job to whoever checks the books.</summary>
internal sealed record AuditedJob(
    JobId Id, string Model, bool IsTerminal, int Num, long Held, long Captured, long Released, bool IsOfManifest, long? HeldBy,
    long? SettledBy, string? Delivered, bool IsDeleted, IReadOnlyList<StoredImage> Images)
{
    public static readonly string[] Columns =
    [
        "PartitionKey", "RowKey", "Model", "Status", "Num", "Held", "Captured", "Released", "Manifest", "HeldBy", "SettledBy", "Delivered",
        "DeletedAt", "Images",
    ];

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static AuditedJob From(TableEntity row) => new(
        JobId.OfRow(row.RowKey), row.Required("Model", row.GetString),
        row.Required<JobStatus>("Status") is not (JobStatus.Queued or JobStatus.Running),
        row.Required("Num", row.GetInt32), row.Required("Held", row.GetInt64), row.Required("Captured", row.GetInt64),
        row.Required("Released", row.GetInt64), row.GetString("Manifest") is not null, row.GetInt64("HeldBy"), row.GetInt64("SettledBy"),
        row.GetString("Delivered"), row.GetDateTimeOffset("DeletedAt") is not null, JobRow.ImagesOf(row));

    private long Price => Held + Captured + Released;

    /// <summary>What it says of entries.</summary>
    public IEnumerable<Claim> Claims()
    {
        if (HeldBy is { } heldBy) yield return Claim.Hold(heldBy, Id.Value, Price);
        if (SettledBy is not { } settledBy) yield break;
        if (Captured > 0) yield return Claim.Capture(Released > 0 ? settledBy - 1 : settledBy, Id.Value, Captured, Delivered);
        if (Released > 0) yield return Claim.Release(settledBy, Id.Value, Released);
    }

    /// <summary>What is wrong with it, whatever the entries say.</summary>
    public string? Fault() =>
        Num < 1 || Price < 1 || Held < 0 || Captured < 0 || Released < 0 ? $"{Id} has credits that cannot be"
        : IsOfManifest == HeldBy.HasValue ? $"{Id} {(IsOfManifest ? "holds what its manifest holds" : "has no hold")}"
        : IsTerminal != SettledBy.HasValue ? $"{Id} is {(IsTerminal ? "done and not settled" : "settled and not done")}"
        : IsTerminal && Held != 0 ? $"{Id} is done and holds {Held} credits"
        : !IsTerminal && Captured + Released != 0 ? $"{Id} is open and has {Captured} captured and {Released} released"
        : IsTerminal && !IsDeleted && Captured != Price / Num * Images.Count
            ? $"{Id} has {Images.Count} images at {Price / Num} credits and {Captured} captured"
        : Captured > 0 && !IsDeleted && Delivered != Delivery.Of(Model, Images) ? $"{Id} has other images than its capture was for"
        : Captured == 0 && Delivered is not null ? $"{Id} was delivered nothing and has a hash of it"
        : null;
}
