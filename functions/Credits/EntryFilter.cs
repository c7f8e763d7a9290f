using System.ComponentModel;
using Azure.Data.Tables;
using Pipeline.Http;

namespace Pipeline.Credits;

/// <summary>Which of an account's entries are wanted.</summary>
public sealed record EntryFilter(TransferKind? Kind, string? Reference, DateTimeOffset? RecordedAfter, DateTimeOffset? RecordedBefore)
{
    public static EntryFilter From(QueryFields query) => new(
        query.OneOf<TransferKind>("kind"), query.Text("reference"), query.Time("recorded_after"), query.Time("recorded_before"));

    public bool IsAll => this is (null, null, null, null);

    /// <summary>
    /// To be added to the filter of a range of entries; empty if all are wanted. From one time on and to before another, as jobs are
    /// listed, so that windows side by side share no entry and miss none.
    /// </summary>
    public string ToQuery()
    {
        var parts = new List<string>();
        if (Kind is { } kind) parts.Add(TableClient.CreateQueryFilter($"Kind eq {kind.ToString()}"));
        if (Reference is { } reference) parts.Add(TableClient.CreateQueryFilter($"Reference eq {reference}"));
        if (RecordedAfter is { } after) parts.Add(TableClient.CreateQueryFilter($"RecordedAt ge {after}"));
        if (RecordedBefore is { } before) parts.Add(TableClient.CreateQueryFilter($"RecordedAt lt {before}"));
        return string.Concat(parts.Select(part => $" and {part}"));
    }
}

/// <summary>What lists of entries may be asked for.</summary>
public sealed record EntriesQuery : ListQuery
{
    [Description("Only entries of this kind.")]
    public TransferKind? Kind { get; init; }

    [Description("Only entries for this: job_…, mf_…, or the operator's own reference.")]
    public string? Reference { get; init; }

    [Description("Only entries that were written at this time or later.")]
    public DateTimeOffset? RecordedAfter { get; init; }

    [Description("Only entries that were written before this time.")]
    public DateTimeOffset? RecordedBefore { get; init; }

    /// <summary>The number of the entry that the page begins with.</summary>
    [Whole(0, long.MaxValue), Description("The 'next_cursor' of the page before.")]
    public new long? Cursor { get; init; }
}
