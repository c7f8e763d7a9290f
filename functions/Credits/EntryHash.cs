using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pipeline.Http;

namespace Pipeline.Credits;

/// <summary>
/// The chain: each entry's hash is over all that it says and the hash of the entry before. <c>docs/ledger.md</c> has the form.
/// </summary>
public static class EntryHash
{
    private const string TimeForm = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>SHA-256 in hex of the entry's lines.</summary>
    /// <param name="previous">The hash of the entry before; empty for the first.</param>
    /// <param name="entry">All of it but its own hash.</param>
    public static string Of(string previous, Entry entry) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Lines(previous, entry).Select(Escape)))));

    /// <summary>A time as lines have it; empty if there is none.</summary>
    public static string Time(DateTimeOffset? time) => time?.UtcDateTime.ToString(TimeForm, CultureInfo.InvariantCulture) ?? "";

    /// <summary>Times are kept to the millisecond, so that they are the same however they are stored.</summary>
    public static DateTimeOffset Milliseconds(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private static IEnumerable<string> Lines(string previous, Entry entry)
    {
        var (transfer, after) = (entry.Transfer, entry.After);
        return
        [
            previous,
            Number(entry.Version), Json.Name(transfer.Kind), Number(transfer.Amount), Json.Name(transfer.From), Json.Name(transfer.To),
            transfer.Reference, transfer.Category is { } category ? Json.Name(category) : "", Time(transfer.ExpiresAt),
            transfer.Reason ?? "", transfer.Corrects is { } corrects ? Number(corrects) : "", Number(transfer.Jobs),
            transfer.Delivered ?? "",
            Number(after.Balance.Granted), Number(after.Balance.Available), Number(after.Balance.Held), Number(after.Balance.Spent),
            after.Lots.ToString(), Number(after.OpenJobs), Number(after.SpentToday),
            Time(entry.OccurredAt), Time(after.RecordedAt), entry.Commit,
        ];
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A line break in a text must not look like the end of its line.</summary>
    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
