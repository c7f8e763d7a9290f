namespace Pipeline.Credits;

/// <summary>An account's four buckets, in whole credits, after <see cref="Version"/> entries.</summary>
/// <param name="Granted">All that was ever given and neither expired nor was revoked; always <c>Available + Held + Spent</c>.</param>
/// <param name="Available">What can be held.</param>
/// <param name="Held">What is put aside for open jobs and manifests.</param>
/// <param name="Spent">What was captured for stored images.</param>
/// <param name="Version">The number of the last entry; 0 before the first.</param>
public readonly record struct Balance(long Granted, long Available, long Held, long Spent, long Version)
{
    public static readonly Balance Zero;

    /// <summary>Whether the buckets agree: none negative, and granted = available + held + spent.</summary>
    public bool IsSound => Available >= 0 && Held >= 0 && Spent >= 0 && Granted == checked(Available + Held + Spent);

    /// <summary>The balance after one more entry.</summary>
    /// <exception cref="InvalidOperationException">The transfer would leave a bucket negative: a decision did not check first.</exception>
    public Balance After(Transfer transfer)
    {
        if (transfer.From == transfer.To) throw new InvalidOperationException($"{transfer} goes nowhere.");
        // Granted is the source: what leaves it is more than was ever given before, and what returns is less.
        var after = Plus(transfer.From, transfer.From == Bucket.Granted ? transfer.Amount : -transfer.Amount)
            .Plus(transfer.To, transfer.To == Bucket.Granted ? -transfer.Amount : transfer.Amount);
        return after.IsSound
            ? after with { Version = Version + 1 }
            : throw new InvalidOperationException($"{transfer} would leave {after}, from {this}.");
    }

    public long Of(Bucket bucket) => bucket switch
    {
        Bucket.Granted => Granted,
        Bucket.Available => Available,
        Bucket.Held => Held,
        _ => Spent,
    };

    private Balance Plus(Bucket bucket, long amount) => bucket switch
    {
        Bucket.Granted => this with { Granted = checked(Granted + amount) },
        Bucket.Available => this with { Available = checked(Available + amount) },
        Bucket.Held => this with { Held = checked(Held + amount) },
        _ => this with { Spent = checked(Spent + amount) },
    };
}
