using System.Globalization;
using System.Text;
using CsvHelper;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Credits;

/// <summary>Entries as a statement for spreadsheets: CSV of RFC 4180, in UTF-8, written as the entries are read.</summary>
internal static class EntriesCsv
{
    public const string ContentType = "text/csv";

    private static readonly string[] Columns =
    [
        "version", "kind", "amount", "from", "to", "reference", "category", "expires_at", "reason", "corrects", "available", "held",
        "spent", "granted", "occurred_at", "recorded_at", "delivered", "hash",
    ];

    /// <summary>Whether the request prefers CSV to JSON.</summary>
    public static bool IsWanted(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept;
        return Quality(accepted, ContentType) > Quality(accepted, BodyAttribute.Json);
    }

    public static IResult Of(AccountId account, IAsyncEnumerable<Entry> entries) => Results.Stream(
        stream => Write(stream, entries), $"{ContentType}; charset=utf-8", $"{account}-entries.csv");

    private static double Quality(IList<MediaTypeHeaderValue> accepted, string type)
    {
        // Whoever names the charset means this one: all of both is in UTF-8.
        var wanted = new MediaTypeHeaderValue(type) { Charset = "utf-8" };
        // The most specific one that fits counts, as HTTP says; nothing given is as good as JSON.
        return accepted.Where(given => wanted.IsSubsetOf(given))
            .OrderBy(given => given.MatchesAllTypes ? 2 : given.MatchesAllSubTypes ? 1 : 0)
            .Select(given => given.Quality ?? 1).FirstOrDefault();
    }

    private static async Task Write(Stream stream, IAsyncEnumerable<Entry> entries)
    {
        await using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        await using var csv = new CsvWriter(text, CultureInfo.InvariantCulture);
        foreach (var column in Columns) csv.WriteField(column);
        await csv.NextRecordAsync();
        await foreach (var entry in entries)
        {
            foreach (var value in Values(entry.Transfer, entry)) csv.WriteField(value);
            await csv.NextRecordAsync();
        }
    }

    private static IEnumerable<string> Values(Transfer transfer, Entry entry) =>
    [
        Text(entry.Version), Json.Name(transfer.Kind), Text(transfer.Amount), Json.Name(transfer.From), Json.Name(transfer.To),
        transfer.Reference, transfer.Category is { } category ? Json.Name(category) : "", EntryHash.Time(transfer.ExpiresAt),
        transfer.Reason ?? "", transfer.Corrects is { } corrects ? Text(corrects) : "", Text(entry.After.Balance.Available),
        Text(entry.After.Balance.Held), Text(entry.After.Balance.Spent), Text(entry.After.Balance.Granted),
        EntryHash.Time(entry.OccurredAt), EntryHash.Time(entry.After.RecordedAt), transfer.Delivered ?? "", entry.Hash,
    ];

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
