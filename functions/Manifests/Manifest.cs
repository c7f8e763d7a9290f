using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>What has become of a manifest as such. That all its jobs are done is seen on the jobs.</summary>
public enum ManifestState
{
    /// <summary>Its credits are held; its jobs exist or are being made.</summary>
    Accepted,

    /// <summary>Nothing was held or run; the report says why.</summary>
    Rejected,

    /// <summary>Its file was changed or deleted before all its jobs were made; the others run.</summary>
    Canceled,
}

/// <summary>A manifest, as its row in the ledger keeps it.</summary>
public sealed record Manifest
{
    public required AccountId Account { get; init; }

    public required ManifestId Id { get; init; }

    public required string Name { get; init; }

    public required ManifestState State { get; init; }

    /// <summary>The file's name in the container <c>manifests</c>.</summary>
    public required string Blob { get; init; }

    /// <summary>Of the file's bytes, in hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>When the file was dropped.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>How many valid jobs it has.</summary>
    public required int Total { get; init; }

    public required int Invalid { get; init; }

    /// <summary>How many of its jobs exist: the first so many of the valid ones.</summary>
    public int Created { get; init; }

    /// <summary>What all valid jobs cost together, in credits.</summary>
    public required long Price { get; init; }

    /// <summary>The number of the entry that holds its price; null before.</summary>
    public long? HeldBy { get; init; }

    /// <summary>The number of the entry that gave the rest of its price back; null if none did.</summary>
    public long? SettledBy { get; init; }

    /// <summary>What was given back, in credits.</summary>
    public long Returned { get; init; }

    public ETag ETag { get; init; }

    /// <summary>
    /// Whether the plan is the one that was accepted: after a change of prices or rules the same file may read otherwise.
    /// </summary>
    public bool Fits(ManifestPlan plan) => plan.Jobs.Count == Total && plan.Price == Price;

    public TableEntity ToRow()
    {
        var row = new TableEntity(Account.Value, Id.RowKey)
        {
            ["Id"] = Id.Value,
            ["Name"] = Name,
            ["State"] = State.ToString(),
            ["Blob"] = Blob,
            ["Sha256"] = Sha256,
            ["CreatedAt"] = CreatedAt,
            ["Total"] = Total,
            ["Invalid"] = Invalid,
            ["Created"] = Created,
            ["Price"] = Price,
            ["Returned"] = Returned,
        };
        if (HeldBy is { } heldBy) row["HeldBy"] = heldBy;
        if (SettledBy is { } settledBy) row["SettledBy"] = settledBy;
        return row;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static Manifest FromRow(TableEntity row) => new()
    {
        Account = AccountId.Parse(row.PartitionKey),
        Id = ManifestId.TryParse(row.GetString("Id"), out var id) ? id : throw new FormatException($"Row {row.RowKey} has no manifest id."),
        Name = row.Required("Name", row.GetString),
        State = row.Required<ManifestState>("State"),
        Blob = row.Required("Blob", row.GetString),
        Sha256 = row.Required("Sha256", row.GetString),
        CreatedAt = row.Required("CreatedAt", row.GetDateTimeOffset),
        Total = row.Required("Total", row.GetInt32),
        Invalid = row.Required("Invalid", row.GetInt32),
        Created = row.Required("Created", row.GetInt32),
        Price = row.Required("Price", row.GetInt64),
        HeldBy = row.GetInt64("HeldBy"),
        SettledBy = row.GetInt64("SettledBy"),
        Returned = row.GetInt64("Returned") ?? 0,
        ETag = row.ETag,
    };
}
