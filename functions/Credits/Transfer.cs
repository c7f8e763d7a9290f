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
}

/// <summary>The places that credits can be in. Granted is their source.</summary>
public enum Bucket
{
    Granted,
    Available,
    Held,
    Spent,
}

/// <summary>One movement of credits, as a decision asks for it.</summary>
public sealed record Transfer
{
    /// <param name="kind">What it is for.</param>
    /// <param name="amount">At least 1 credit; the direction comes from the kind, never from a sign.</param>
    /// <param name="reference">What it is done for: <c>job_…</c>, <c>mf_…</c>, or the reference of a grant.</param>
    /// <param name="category">Where granted credits come from, <c>paid</c> or <c>promotional</c>; null for other kinds.</param>
    public Transfer(TransferKind kind, long amount, string reference, string? category = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(amount, 1);
        Kind = kind;
        Amount = amount;
        Reference = reference;
        Category = category;
    }

    public TransferKind Kind { get; }

    public long Amount { get; }

    public string Reference { get; }

    public string? Category { get; }

    public Bucket From => Kind switch
    {
        TransferKind.Grant => Bucket.Granted,
        TransferKind.Hold => Bucket.Available,
        _ => Bucket.Held,
    };

    public Bucket To => Kind switch
    {
        TransferKind.Hold => Bucket.Held,
        TransferKind.Capture => Bucket.Spent,
        _ => Bucket.Available,
    };
}
