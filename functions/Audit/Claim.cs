using System.Globalization;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Audit;

/// <summary>What an entry says it is for, and what a row of a job, manifest or operator's reference says of the entry.</summary>
/// <param name="Version">The entry's number.</param>
/// <param name="Text">Who claims it, and for what.</param>
internal readonly record struct Claim(long Version, string Text)
{
    public static Claim Hold(long version, string reference, long amount) => Of(version, "hold", reference, amount, "");

    public static Claim Capture(long version, string reference, long amount, string? delivered) =>
        Of(version, "capture", reference, amount, delivered ?? "");

    public static Claim Release(long version, string reference, long amount) => Of(version, "release", reference, amount, "");

    /// <param name="version">The entry's number.</param>
    /// <param name="rowKey">Of the reference's row.</param>
    public static Claim Move(long version, string rowKey) => Of(version, "move", rowKey, 0, "");

    /// <summary>The one claim that some row must make on an entry; null for entries that follow from the others.</summary>
    public static Claim? On(Entry entry)
    {
        var (transfer, version) = (entry.Transfer, entry.Version);
        return transfer.Kind switch
        {
            TransferKind.Hold => Hold(version, transfer.Reference, transfer.Amount),
            TransferKind.Capture => Capture(version, transfer.Reference, transfer.Amount, transfer.Delivered),
            TransferKind.Release => Release(version, transfer.Reference, transfer.Amount),
            TransferKind.Expire => null,
            // Written when the account was opened.
            TransferKind.Grant when version == 1 && transfer.Reference == Ledger.OpeningReference => null,
            _ => Move(version, LedgerKeys.Move(transfer.Reference)),
        };
    }

    private static Claim Of(long version, string kind, string reference, long amount, string delivered) =>
        new(version, string.Create(CultureInfo.InvariantCulture, $"entry {version}: {kind} {reference} {amount} {delivered}"));
}
