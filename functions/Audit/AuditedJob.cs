using Azure.Data.Tables;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Audit;

/// <summary>What matters of a job to whoever checks the books.</summary>
internal sealed record AuditedJob(
    JobId Id, string Model, JobStatus Status, int Num, long Held, long Captured, long Released, string? Manifest, long? HeldBy,
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
        row.Required<JobStatus>("Status"),
        row.Required("Num", row.GetInt32), row.Required("Held", row.GetInt64), row.Required("Captured", row.GetInt64),
        row.Required("Released", row.GetInt64), row.GetString("Manifest"), row.GetInt64("HeldBy"), row.GetInt64("SettledBy"),
        row.GetString("Delivered"), row.GetDateTimeOffset("DeletedAt") is not null, JobRow.ImagesOf(row));

    public bool IsTerminal => Status is not (JobStatus.Queued or JobStatus.Running);

    /// <summary>What its manifest gave back for it, in its own entry, before the job was sent; 0 if the job was settled itself.</summary>
    public long ReturnedByManifest => Manifest is not null && Status == JobStatus.Canceled && SettledBy is null ? Released : 0;

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
        : (Manifest is not null) == HeldBy.HasValue ? $"{Id} {(Manifest is not null ? "holds what its manifest holds" : "has no hold")}"
        : IsTerminal != (SettledBy.HasValue || ReturnedByManifest > 0)
            ? $"{Id} is {(IsTerminal ? "done and not settled" : "settled and not done")}"
        : IsTerminal && Held != 0 ? $"{Id} is done and holds {Held} credits"
        : !IsTerminal && Captured + Released != 0 ? $"{Id} is open and has {Captured} captured and {Released} released"
        : IsTerminal && !IsDeleted && Captured != Price / Num * Images.Count
            ? $"{Id} has {Images.Count} images at {Price / Num} credits and {Captured} captured"
        : Captured > 0 && !IsDeleted && Delivered != Delivery.Of(Model, Images) ? $"{Id} has other images than its capture was for"
        : Captured == 0 && Delivered is not null ? $"{Id} was delivered nothing and has a hash of it"
        : null;
}
