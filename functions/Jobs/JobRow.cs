using System.Text.Json;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>A job as a row of its account's partition.</summary>
public sealed class JobRow(Catalogue catalogue)
{
    /// <summary>The whole row, to be added once.</summary>
    public static TableEntity Whole(Job job)
    {
        var row = Changing(job);
        JobRequestRow.Write(row, job.Request);
        row["CreatedAt"] = job.CreatedAt;
        row["Conversation"] = string.Join(' ', job.Conversation);
        if (job.StartBefore is { } deadline) row["StartBefore"] = deadline;
        if (job.Manifest is { } manifest) row["Manifest"] = manifest;
        if (job.InFile is { } place) (row["Line"], row["Index"]) = (place.Line, place.Index);
        if (job.Parent is { } parent) row["Parent"] = parent.Value;
        if (job.HeldBy is { } heldBy) row["HeldBy"] = heldBy;
        return row;
    }

    /// <summary>
    /// What changes in a job's life, to be merged. A merge cannot remove a value, so what is not there is empty. Not among it is
    /// <c>CancelRequested</c>: what the caller asks for must not be overwritten by what the worker knew before.
    /// </summary>
    public static TableEntity Changing(Job job)
    {
        var row = new TableEntity(job.Account.Value, job.Id.RowKey)
        {
            ["Status"] = job.Status.ToString(),
            ["Attempts"] = job.Attempts,
            ["Claim"] = job.Claim ?? "",
            ["Images"] = JsonSerializer.Serialize(job.Images, Json.Options),
            ["History"] = JsonSerializer.Serialize(job.History, Json.Options),
            ["LastReason"] = Text(job.LastReason),
            ["Error"] = Text(job.Error),
            ["Warnings"] = JsonSerializer.Serialize(job.Warnings, Json.Options),
            ["Held"] = job.Credits.Held,
            ["Captured"] = job.Credits.Captured,
            ["Released"] = job.Credits.Released,
        };
        JobRequestRow.WriteFetched(row, job.Request);
        if (job.LeaseUntil is { } leaseUntil) row["LeaseUntil"] = leaseUntil;
        if (job.StartedAt is { } startedAt) row["StartedAt"] = startedAt;
        if (job.WaitsSince is { } waitsSince) row["WaitsSince"] = waitsSince;
        if (job.FinishedAt is { } finishedAt) row["FinishedAt"] = finishedAt;
        if (job.SettledBy is { } settledBy) row["SettledBy"] = settledBy;
        if (job.Delivered is { } delivered) row["Delivered"] = delivered;
        if (job.Trace is { } trace) row["Trace"] = trace;
        return row;
    }

    /// <summary>What is merged when a caller asks for the end of a job that a worker is at.</summary>
    public static TableEntity CancelRequested(Job job) => new(job.Account.Value, job.Id.RowKey) { ["CancelRequested"] = true };

    /// <summary>What is merged to take the caller's words and images out of a job that is done; what it cost stays.</summary>
    public static TableEntity Deleted(Job job, DateTimeOffset now)
    {
        var row = new TableEntity(job.Account.Value, job.Id.RowKey)
        {
            ["DeletedAt"] = now,
            ["Conversation"] = "",
            ["Images"] = "",
            // Its details may quote the image API, and that the prompt.
            ["History"] = JsonSerializer.Serialize(job.History.Select(attempt => attempt with { Detail = null }), Json.Options),
            ["LastReason"] = "",
            // Advice on the prompt may quote it.
            ["Warnings"] = "",
            ["Error"] = Text(job.Error is { } error ? error with { Detail = "The job was deleted." } : null),
        };
        JobRequestRow.Redact(row);
        return row;
    }

    /// <summary>The attempts of a job's row; none on rows of before they were kept.</summary>
    public static IReadOnlyList<Attempt> History(TableEntity row) => row.Parsed<List<Attempt>>("History") ?? [];

    /// <summary>The stored images of a job's row.</summary>
    public static IReadOnlyList<StoredImage> ImagesOf(TableEntity row) => row.Parsed<List<StoredImage>>("Images") ?? [];

    /// <exception cref="FormatException">The row is damaged.</exception>
    public Job Read(TableEntity row, JobId id) => new()
    {
        Account = AccountId.Parse(row.PartitionKey),
        Id = id,
        Request = JobRequestRow.Read(row, catalogue),
        Manifest = row.GetString("Manifest"),
        InFile = row.GetInt64("Line") is { } line ? new FilePlace(line, row.Required("Index", row.GetInt32)) : null,
        Parent = row.GetString("Parent") is { } parent ? JobId.Parse(parent) : null,
        Conversation = row.Words("Conversation"),
        Status = row.Required<JobStatus>("Status"),
        CreatedAt = row.Required("CreatedAt", row.GetDateTimeOffset),
        StartBefore = row.GetDateTimeOffset("StartBefore"),
        StartedAt = row.GetDateTimeOffset("StartedAt"),
        WaitsSince = row.GetDateTimeOffset("WaitsSince"),
        FinishedAt = row.GetDateTimeOffset("FinishedAt"),
        Attempts = row.Required("Attempts", row.GetInt32),
        Claim = row.GetString("Claim") is { Length: > 0 } claim ? claim : null,
        LeaseUntil = row.GetDateTimeOffset("LeaseUntil"),
        CancelRequested = row.GetBoolean("CancelRequested") ?? false,
        DeletedAt = row.GetDateTimeOffset("DeletedAt"),
        Images = ImagesOf(row),
        History = History(row),
        LastReason = row.Parsed<JobError>("LastReason"),
        Error = row.Parsed<JobError>("Error"),
        Warnings = row.Parsed<List<JobWarning>>("Warnings") ?? [],
        Credits = new JobCredits(
            row.Required("Held", row.GetInt64), row.Required("Captured", row.GetInt64), row.Required("Released", row.GetInt64)),
        HeldBy = row.GetInt64("HeldBy"),
        SettledBy = row.GetInt64("SettledBy"),
        Delivered = row.GetString("Delivered"),
        Trace = row.GetString("Trace"),
        ETag = row.ETag,
    };

    private static string Text<T>(T? value)
        where T : class => value is null ? "" : JsonSerializer.Serialize(value, Json.Options);
}
