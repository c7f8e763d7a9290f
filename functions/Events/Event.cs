using System.Text.Json.Nodes;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Events;

/// <summary>Something that happened in an account. Written once, in the transaction that made it happen; kept 30 days.</summary>
/// <param name="Account">Whose.</param>
/// <param name="Id">With its number.</param>
/// <param name="Type">One of <see cref="EventTypes"/>.</param>
/// <param name="OccurredAt">When that transaction was written; never before that of the event before.</param>
/// <param name="Data">See <see cref="NewEvent"/>.</param>
public sealed record Event(AccountId Account, EventId Id, string Type, DateTimeOffset OccurredAt, JsonObject Data)
{
    /// <summary>The column of the account's row that has the number of its last event.</summary>
    public const string LastColumn = "Events";

    /// <summary>The trace that it belongs to, as <c>traceparent</c>, or null.</summary>
    public string? Trace { get; init; }

    /// <summary>Its data as receivers see it.</summary>
    /// <param name="urlOf">Makes a URL of a path of the app.</param>
    public JsonObject DataWith(Func<string, string> urlOf)
    {
        var data = (JsonObject)Data.DeepClone();
        if (data["url"] is { } path) data["url"] = urlOf(path.GetValue<string>());
        return data;
    }

    /// <param name="commit">The transaction that writes it: how an unknown outcome is settled by reading back.</param>
    public TableEntity ToRow(string commit)
    {
        var row = new TableEntity(Account.Value, LedgerKeys.Event(Id.Number))
        {
            ["Id"] = Id.Value,
            ["Type"] = Type,
            ["OccurredAt"] = OccurredAt,
            ["Data"] = Data.ToJsonString(Http.Json.Options),
            ["Commit"] = commit,
        };
        if (Trace is not null) row["Trace"] = Trace;
        return row;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static Event FromRow(TableEntity row) => new(
        AccountId.Parse(row.PartitionKey), EventId.Parse(row.Required("Id", row.GetString)), row.Required("Type", row.GetString),
        row.Required("OccurredAt", row.GetDateTimeOffset),
        JsonNode.Parse(row.Required("Data", row.GetString)) as JsonObject
            ?? throw new FormatException($"Row {row.PartitionKey}/{row.RowKey} has no data."))
    {
        Trace = row.GetString("Trace"),
    };
}
