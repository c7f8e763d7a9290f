using System.ComponentModel;
using Azure.Data.Tables;

namespace Pipeline.Accounts;

/// <summary>What an account may do, as the operator set it; null is no limit. Kept on the account's row of the ledger.</summary>
public sealed record AccountLimits(
    [Description("Credits that may be captured in a day, by UTC. What open jobs hold counts, too.")]
    long? CreditsPerDay,
    [Description("Jobs that may be open at once, those of manifests included.")]
    long? OpenJobs,
    [Description("Requests in any 60 seconds. Each instance of the app counts its own.")]
    long? RequestsPerMinute,
    [Description("No limit: when fewer credits than this are available, the account is low.")]
    long? CreditsLow)
{
    public const long CreditsMax = 1_000_000_000;
    public const long CountMax = 1_000_000;

    public static readonly AccountLimits None = new(null, null, null, null);

    public static AccountLimits From(TableEntity row) => new(
        Of(row, nameof(CreditsPerDay)), Of(row, nameof(OpenJobs)), Of(row, nameof(RequestsPerMinute)), Of(row, nameof(CreditsLow)));

    /// <summary>Writes them on a row that is merged: it cannot remove a value, so none is 0.</summary>
    public void WriteTo(TableEntity row)
    {
        row[Column(nameof(CreditsPerDay))] = CreditsPerDay ?? 0;
        row[Column(nameof(OpenJobs))] = OpenJobs ?? 0;
        row[Column(nameof(RequestsPerMinute))] = RequestsPerMinute ?? 0;
        row[Column(nameof(CreditsLow))] = CreditsLow ?? 0;
    }

    private static long? Of(TableEntity row, string name) => row.GetInt64(Column(name)) is > 0 and var limit ? limit : null;

    private static string Column(string name) => "Limit" + name;
}
