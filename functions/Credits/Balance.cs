namespace Pipeline.Credits;

/// <summary>An account's four buckets, in whole credits, after <see cref="Version"/> entries.</summary>
/// <param name="Granted">All that was ever given and not revoked; always <c>Available + Held + Spent</c>.</param>
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
        checked
        {
            var amount = transfer.Amount;
            var after = transfer.Kind switch
            {
                TransferKind.Grant => this with { Granted = Granted + amount, Available = Available + amount },
                TransferKind.Hold => this with { Available = Available - amount, Held = Held + amount },
                TransferKind.Capture => this with { Held = Held - amount, Spent = Spent + amount },
                TransferKind.Release => this with { Held = Held - amount, Available = Available + amount },
                _ => throw new InvalidOperationException($"No such kind of transfer: {transfer.Kind}."),
            };
            return after.IsSound
                ? after with { Version = Version + 1 }
                : throw new InvalidOperationException($"{transfer} would leave {after}, from {this}.");
        }
    }
}
