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
        row["Prompt"] = job.Request.Prompt;
        row["Model"] = job.Request.Model.Id;
        row["Num"] = job.Request.Num;
        row["ImageSize"] = job.Request.ImageSize;
        // Lines, not JSON: neither keys nor values have line breaks, and JSON's escapes could exceed a property's 64 KiB.
        row["Metadata"] = string.Join('\n', job.Request.Metadata.SelectMany(pair => new[] { pair.Key, pair.Value }));
        row["CreatedAt"] = job.CreatedAt;
        if (job.Request.CustomId is { } customId) row["CustomId"] = customId;
        if (job.Manifest is { } manifest) row["Manifest"] = manifest;
        return row;
    }

    /// <summary>What changes in a job's life, to be merged. A merge cannot remove a value, so what is not there is empty.</summary>
    public static TableEntity Changing(Job job)
    {
        var row = new TableEntity(job.Account.Value, job.Id.RowKey)
        {
            ["Status"] = job.Status.ToString(),
            ["Attempts"] = job.Attempts,
            ["Claim"] = job.Claim ?? "",
            ["Images"] = JsonSerializer.Serialize(job.Images, Json.Options),
            ["LastReason"] = Text(job.LastReason),
            ["Error"] = Text(job.Error),
            ["Warnings"] = JsonSerializer.Serialize(job.Warnings, Json.Options),
            ["Held"] = job.Credits.Held,
            ["Captured"] = job.Credits.Captured,
            ["Released"] = job.Credits.Released,
        };
        if (job.LeaseUntil is { } leaseUntil) row["LeaseUntil"] = leaseUntil;
        if (job.StartedAt is { } startedAt) row["StartedAt"] = startedAt;
        if (job.FinishedAt is { } finishedAt) row["FinishedAt"] = finishedAt;
        return row;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public Job Read(TableEntity row, JobId id) => new()
    {
        Account = AccountId.Parse(row.PartitionKey),
        Id = id,
        Request = new JobRequest(
            row.Required("Prompt", row.GetString),
            catalogue.Find(row.Required("Model", row.GetString)) ?? throw new FormatException($"Job {id} has an unknown model."),
            row.Required("Num", row.GetInt32), row.Required("ImageSize", row.GetString), row.GetString("CustomId"),
            Pairs(row.GetString("Metadata"))),
        Manifest = row.GetString("Manifest"),
        Status = row.Required<JobStatus>("Status"),
        CreatedAt = row.Required("CreatedAt", row.GetDateTimeOffset),
        StartedAt = row.GetDateTimeOffset("StartedAt"),
        FinishedAt = row.GetDateTimeOffset("FinishedAt"),
        Attempts = row.Required("Attempts", row.GetInt32),
        Claim = row.GetString("Claim") is { Length: > 0 } claim ? claim : null,
        LeaseUntil = row.GetDateTimeOffset("LeaseUntil"),
        Images = Object<List<StoredImage>>(row, "Images") ?? [],
        LastReason = Object<JobError>(row, "LastReason"),
        Error = Object<JobError>(row, "Error"),
        Warnings = Object<List<JobWarning>>(row, "Warnings") ?? [],
        Credits = new JobCredits(
            row.Required("Held", row.GetInt64), row.Required("Captured", row.GetInt64), row.Required("Released", row.GetInt64)),
        ETag = row.ETag,
    };

    private static Dictionary<string, string> Pairs(string? lines) => string.IsNullOrEmpty(lines)
        ? []
        : lines.Split('\n').Chunk(2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    private static string Text<T>(T? value)
        where T : class => value is null ? "" : JsonSerializer.Serialize(value, Json.Options);

    private static T? Object<T>(TableEntity row, string name)
        where T : class => row.GetString(name) is { Length: > 0 } text ? JsonSerializer.Deserialize<T>(text, Json.Options) : null;
}
