using System.Globalization;
using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>What has become of a manifest. The last three never change.</summary>
public enum ManifestState
{
    /// <summary>Its file is there and is yet to be read; nothing is held.</summary>
    Validating,

    /// <summary>Its credits are held; its jobs are made, sent and done.</summary>
    Running,

    /// <summary>All its jobs are done.</summary>
    Completed,

    /// <summary>Nothing was held or run; the report says why.</summary>
    Rejected,

    /// <summary>Its caller ended it; what was done by then is kept and paid.</summary>
    Canceled,
}

/// <summary>A manifest, as its row in the ledger keeps it: what it is, and how far it has come.</summary>
public sealed record Manifest
{
    public required AccountId Account { get; init; }

    public required ManifestId Id { get; init; }

    public required string Name { get; init; }

    public required ManifestState State { get; init; }

    /// <summary>The file.</summary>
    public required ManifestFile File { get; init; }

    /// <summary>Of the file's bytes, in hex; empty until it was read.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>When the file was dropped.</summary>
    public DateTimeOffset CreatedAt => File.DroppedAt;

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Why nothing of it runs, or null.</summary>
    public ManifestRefusal? Refusal { get; init; }

    /// <summary>Where its end is told, or null.</summary>
    public string? WebhookUrl { get; init; }

    /// <summary>The caller asked for its end. It is written by nothing else and never taken back.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>Whether all of it is ended that could be, after its caller asked for that; what a worker is at ends by itself.</summary>
    public bool IsStopped { get; init; }

    /// <summary>How many jobs run: the first so many lines of its plan.</summary>
    public int Total { get; init; }

    /// <summary>Jobs of the file that are not valid.</summary>
    public int Invalid { get; init; }

    /// <summary>Valid jobs of the file that do not run: they ran before, or there were too few credits for them.</summary>
    public int Skipped { get; init; }

    /// <summary>What its jobs cost together, in credits.</summary>
    public long Price { get; init; }

    /// <summary>The number of the entry that holds its price; null before.</summary>
    public long? HeldBy { get; init; }

    /// <summary>The number of the entry that gave the rest of its price back; null if none did.</summary>
    public long? SettledBy { get; init; }

    /// <summary>What was given back, in credits.</summary>
    public long Returned { get; init; }

    public ManifestProgress Progress { get; init; } = new();

    /// <summary>The number of the message that may take it on; one with another number was sent before and is dropped.</summary>
    public int Turn { get; init; }

    /// <summary>When that message is seen, or by when whoever has received it must be done.</summary>
    public DateTimeOffset NextLook { get; init; }

    /// <summary>How often somebody began to read its file.</summary>
    public int Tries { get; init; }

    /// <summary>The trace that it belongs to, as <c>traceparent</c>; null if nothing is traced. Its jobs have their own.</summary>
    public string? Trace { get; init; }

    public ETag ETag { get; init; }

    public bool IsOpen => State is ManifestState.Validating or ManifestState.Running;

    /// <summary>What its own hold still has: the price of the jobs that were not sent.</summary>
    public long Held => State != ManifestState.Running || SettledBy is not null ? 0 : Price - Progress.SentCredits;

    /// <summary>The id of the job at a place of the plan, from 0.</summary>
    public JobId Job(int place) => Id.Job(CreatedAt, place);

    /// <summary>The filter for the jobs from one place to another, both included. The last one's row comes first.</summary>
    public string JobsFilter(int from, int to) => LedgerKeys.Filter(Account.Value, Job(to).RowKey, Job(from).RowKey + '~');

    public TableEntity ToRow()
    {
        var row = new TableEntity(Account.Value, Id.RowKey)
        {
            ["Id"] = Id.Value,
            ["Name"] = Name,
            ["State"] = State.ToString(),
            ["Sha256"] = Sha256,
            ["IsStopped"] = IsStopped,
            ["Total"] = Total,
            ["Invalid"] = Invalid,
            ["Skipped"] = Skipped,
            ["Price"] = Price,
            ["Returned"] = Returned,
            ["Turn"] = Turn,
            ["NextLook"] = NextLook,
            ["Tries"] = Tries,
        };
        File.Write(row);
        Progress.Write(row);
        if (FinishedAt is { } finishedAt) row["FinishedAt"] = finishedAt;
        if (WebhookUrl is { } url) row["WebhookUrl"] = url;
        if (HeldBy is { } heldBy) row["HeldBy"] = heldBy;
        if (SettledBy is { } settledBy) row["SettledBy"] = settledBy;
        if (Trace is { } trace) row["Trace"] = trace;
        if (Refusal is { } refusal)
        {
            row["RefusalCode"] = refusal.Code;
            row["Refusal"] = refusal.Detail;
        }

        return row;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static Manifest FromRow(TableEntity row) => new()
    {
        Account = AccountId.Parse(row.PartitionKey),
        Id = ManifestId.TryParse(row.GetString("Id"), out var id) ? id : throw new FormatException($"Row {row.RowKey} has no manifest id."),
        Name = row.Required("Name", row.GetString),
        State = row.Required<ManifestState>("State"),
        File = ManifestFile.FromRow(row),
        Sha256 = row.Required("Sha256", row.GetString),
        FinishedAt = row.GetDateTimeOffset("FinishedAt"),
        Refusal = row.GetString("RefusalCode") is { } code ? new ManifestRefusal(code, row.Required("Refusal", row.GetString)) : null,
        WebhookUrl = row.GetString("WebhookUrl"),
        CancelRequested = row.GetBoolean("CancelRequested") ?? false,
        IsStopped = row.Required("IsStopped", row.GetBoolean),
        Total = row.Required("Total", row.GetInt32),
        Invalid = row.Required("Invalid", row.GetInt32),
        Skipped = row.Required("Skipped", row.GetInt32),
        Price = row.Required("Price", row.GetInt64),
        HeldBy = row.GetInt64("HeldBy"),
        SettledBy = row.GetInt64("SettledBy"),
        Returned = row.Required("Returned", row.GetInt64),
        Progress = ManifestProgress.FromRow(row),
        Turn = row.Required("Turn", row.GetInt32),
        NextLook = row.Required("NextLook", row.GetDateTimeOffset),
        Tries = row.Required("Tries", row.GetInt32),
        Trace = row.GetString("Trace"),
        ETag = row.ETag,
    };
}

/// <param name="Code">In <c>snake_case</c>, as in the table of refusals in <c>docs/api.md</c>.</param>
/// <param name="Detail">With numbers and the way out.</param>
public sealed record ManifestRefusal(string Code, string Detail)
{
    private const int LengthMax = 1000;

    /// <summary>As short as a row can take it.</summary>
    public static ManifestRefusal Of(string code, string detail) =>
        new(code, detail.Length <= LengthMax ? detail : string.Create(CultureInfo.InvariantCulture, $"{detail.AsSpan(0, LengthMax)}…"));
}
