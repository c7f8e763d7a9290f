namespace Pipeline.Credits;

/// <summary>What a transfer is for; it fixes the bucket that credits leave and the one that they reach.</summary>
public enum TransferKind
{
    /// <summary>granted → available: credits given to the account.</summary>
    Grant,

    /// <summary>available → held: credits put aside for a job or manifest.</summary>
    Hold,

    /// <summary>held → spent: credits taken for stored images.</summary>
    Capture,

    /// <summary>held → available: credits of a hold that were not needed.</summary>
    Release,

    /// <summary>available → granted: credits whose time was over before they were held.</summary>
    Expire,

    /// <summary>available → granted: credits that the operator takes back.</summary>
    Revoke,

    /// <summary>From any bucket to any other: the operator mends what an earlier entry got wrong.</summary>
    Correct,
}

/// <summary>The places that credits can be in. Granted is their source.</summary>
public enum Bucket
{
    Granted,
    Available,
    Held,
    Spent,
}

/// <summary>Where granted credits come from. Promotional ones are spent first.</summary>
public enum CreditCategory
{
    Paid,
    Promotional,
}

/// <summary>One movement of credits, as a decision asks for it.</summary>
public sealed record Transfer
{
    /// <param name="kind">What it is for.</param>
    /// <param name="amount">At least 1 credit; the direction comes from the kind, never from a sign.</param>
    /// <param name="reference">What it is done for: <c>job_…</c>, <c>mf_…</c>, or the operator's own reference.</param>
    /// <param name="category">Of credits that are granted, expire or are revoked; null for other kinds.</param>
    public Transfer(TransferKind kind, long amount, string reference, CreditCategory? category = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(amount, 1);
        Kind = kind;
        Amount = amount;
        Reference = reference;
        Category = category;
        (From, To) = kind switch
        {
            TransferKind.Grant => (Bucket.Granted, Bucket.Available),
            TransferKind.Hold => (Bucket.Available, Bucket.Held),
            TransferKind.Capture => (Bucket.Held, Bucket.Spent),
            TransferKind.Release => (Bucket.Held, Bucket.Available),
            TransferKind.Expire or TransferKind.Revoke => (Bucket.Available, Bucket.Granted),
            // Of a correction they are told.
            _ => (Bucket.Granted, Bucket.Granted),
        };
    }

    public TransferKind Kind { get; }

    public long Amount { get; }

    public string Reference { get; }

    public CreditCategory? Category { get; }

    public Bucket From { get; init; }

    public Bucket To { get; init; }

    /// <summary>Of a grant: when what is left of it expires, or null for never. Of an expiry: when that was.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Of a revocation or correction: why, in the operator's words.</summary>
    public string? Reason { get; init; }

    /// <summary>Of a correction: the number of the entry that it mends.</summary>
    public long? Corrects { get; init; }

    /// <summary>How many jobs it opens; below 0, how many it closes.</summary>
    public long Jobs { get; init; }

    /// <summary>Of a capture: the SHA-256 of what was delivered for it, in hex.</summary>
    public string? Delivered { get; init; }
}
