using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Pipeline.Credits;

/// <summary>An entry as the contract shows it: all that its hash is over, so that whoever has the entries can check them.</summary>
public sealed record EntryView(
    [AllowedValues("entry")] string Object,
    [Description("Its number, from 1, without gaps.")] long Version,
    TransferKind Kind,
    long Amount,
    [property: JsonPropertyName("from")] Bucket Source,
    Bucket To,
    [Description("What it is for: job_…, mf_…, or the operator's own reference.")] string Reference,
    [Description("Of what is granted, expires or is revoked.")] CreditCategory? Category,
    [Description("Of a grant: when what is left of it expires. Of an expiry: when that was.")] DateTimeOffset? ExpiresAt,
    [Description("Of a revocation or correction: why.")] string? Reason,
    [Description("Of a correction: the entry that it mends.")] long? Corrects,
    [Description("How many jobs it opens; below 0, how many it closes.")] long Jobs,
    [Description("Of a capture: the SHA-256 of what was delivered for it.")] string? Delivered,
    [Description("The balance after it.")] CreditsView After,
    [Description("The credits that are promotional or expire after it, in the order in which they are spent.")] IReadOnlyList<LotView> Lots,
    [Description("Jobs that are open after it.")] long OpenJobs,
    [Description("Credits captured on its day up to and with it.")] long SpentToday,
    DateTimeOffset OccurredAt,
    DateTimeOffset RecordedAt,
    [Description("The transaction that wrote it; others may have been written by the same one.")] string Transaction,
    [Description("The SHA-256 of the hash of the entry before and of all of the above.")] string Hash)
{
    public static EntryView From(Entry entry) => new(
        "entry", entry.Version, entry.Transfer.Kind, entry.Transfer.Amount, entry.Transfer.From, entry.Transfer.To,
        entry.Transfer.Reference, entry.Transfer.Category, entry.Transfer.ExpiresAt, entry.Transfer.Reason, entry.Transfer.Corrects,
        entry.Transfer.Jobs, entry.Transfer.Delivered, CreditsView.From(entry.After.Balance), LotView.From(entry.After.Lots),
        entry.After.OpenJobs, entry.After.SpentToday, entry.OccurredAt, entry.After.RecordedAt, entry.Commit, entry.Hash);
}
