using System.Text.Json;
using System.Text.RegularExpressions;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>Saved fields of jobs, under a name.</summary>
/// <param name="Name">1 to 64 small letters, digits, <c>-</c> and <c>_</c>.</param>
/// <param name="Fields">A JSON object of fields as <c>POST /v1/jobs</c> takes them.</param>
/// <param name="UpdatedAt">When it was last saved.</param>
public sealed partial record Preset(string Name, JsonElement Fields, DateTimeOffset UpdatedAt)
{
    /// <summary>Half of what a table's property takes: the rest of a job's row must not be the only reason that a preset fails.</summary>
    public const int FieldsLengthMax = 16_384;

    public static bool IsName(string name) => Name64().IsMatch(name);

    /// <summary>The fields as they are stored.</summary>
    public static string TextOf(JsonElement fields) => JsonSerializer.Serialize(fields, Json.Options);

    public TableEntity ToRow(AccountId account) => new(account.Value, LedgerKeys.Preset(Name))
    {
        ["Name"] = Name,
        ["Fields"] = TextOf(Fields),
        ["UpdatedAt"] = UpdatedAt,
    };

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static Preset FromRow(TableEntity row) => new(
        row.Required("Name", row.GetString), JsonElement.Parse(row.Required("Fields", row.GetString)),
        row.Required("UpdatedAt", row.GetDateTimeOffset));

    /// <summary>What both say together: fields given in the job win over the preset's, whole, and null counts as not given.</summary>
    /// <param name="job">A JSON object; its field <c>preset</c> is left out.</param>
    public JsonElement Under(JsonElement job) => Merge(job, Fields, without: "preset");

    /// <summary>A job's fields over others, for those that it leaves out.</summary>
    internal static JsonElement Merge(JsonElement job, JsonElement others, string? without = null)
    {
        var given = job.EnumerateObject()
            .Where(field => field.Name != without && field.Value.ValueKind != JsonValueKind.Null)
            .ToDictionary(field => field.Name, field => field.Value, StringComparer.Ordinal);
        // Two names for one field: either of the job's hides both of the others'.
        var hidesRatio = given.ContainsKey("image_size") || given.ContainsKey("aspect_ratio");
        foreach (var field in others.EnumerateObject())
        {
            if (hidesRatio && field.Name is "image_size" or "aspect_ratio") continue;
            given.TryAdd(field.Name, field.Value);
        }

        return JsonSerializer.SerializeToElement(given, Json.Options);
    }

    [GeneratedRegex("^[a-z0-9][a-z0-9_-]{0,63}$", RegexOptions.CultureInvariant)]
    private static partial Regex Name64();
}
