using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Storage;

namespace Pipeline.Webhooks;

/// <summary>Whether an account's endpoint is called.</summary>
public enum WebhookStatus
{
    Enabled,

    /// <summary>It failed for too long, or said that it is gone. Saving it again enables it.</summary>
    Disabled,
}

/// <summary>What an account has of webhooks, as its row keeps it: its secrets, and its endpoint if it has one.</summary>
public sealed record Webhook
{
    public required AccountId Account { get; init; }

    /// <summary>They outlive an endpoint, for the addresses that jobs name are signed with them, too.</summary>
    public required WebhookSecrets Secrets { get; init; }

    /// <summary>The endpoint, or null if there is none.</summary>
    public Uri? Url { get; init; }

    public EventFilter Wanted { get; init; } = EventFilter.None;

    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Since when every try failed; null if the last one did not.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    /// <summary>When a try failed last, to the hour.</summary>
    public DateTimeOffset? LastFailedAt { get; init; }

    public DateTimeOffset? DisabledAt { get; init; }

    /// <summary>Why it is disabled, as a sentence; null if it is not.</summary>
    public string? DisabledBecause { get; init; }

    public ETag ETag { get; init; }

    public WebhookStatus Status => DisabledAt is null ? WebhookStatus.Enabled : WebhookStatus.Disabled;

    public TableEntity ToRow()
    {
        var row = new TableEntity(Account.Value, LedgerKeys.Webhook)
        {
            ["Secret"] = Secrets.Current.Value,
            ["Events"] = Wanted.ToString(),
            ["UpdatedAt"] = UpdatedAt,
        };
        if (Secrets.Previous is { } previous) (row["PreviousSecret"], row["PreviousUntil"]) = (previous.Value, Secrets.PreviousUntil);
        if (Url is not null) row["Url"] = Url.AbsoluteUri;
        if (FailingSince is { } since) row["FailingSince"] = since;
        if (LastFailedAt is { } last) row["LastFailedAt"] = last;
        if (DisabledAt is { } at) (row["DisabledAt"], row["DisabledBecause"]) = (at, DisabledBecause);
        return row;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static Webhook FromRow(TableEntity row) => new()
    {
        Account = AccountId.Parse(row.PartitionKey),
        Secrets = new WebhookSecrets(
            new WebhookSecret(row.Required("Secret", row.GetString)),
            row.GetString("PreviousSecret") is { } previous ? new WebhookSecret(previous) : null, row.GetDateTimeOffset("PreviousUntil")),
        Url = row.GetString("Url") is { } url ? new Uri(url) : null,
        Wanted = EventFilter.Parse(row.GetString("Events")),
        UpdatedAt = row.Required("UpdatedAt", row.GetDateTimeOffset),
        FailingSince = row.GetDateTimeOffset("FailingSince"),
        LastFailedAt = row.GetDateTimeOffset("LastFailedAt"),
        DisabledAt = row.GetDateTimeOffset("DisabledAt"),
        DisabledBecause = row.GetString("DisabledBecause"),
        ETag = row.ETag,
    };
}
