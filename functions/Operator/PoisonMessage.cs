using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Queues.Models;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>What the sweeper found when it took a message out of a poison queue.</summary>
public enum PoisonReason
{
    /// <summary>Its job was open and could not be worked on. It is ended, with the images that it had.</summary>
    JobEnded,

    /// <summary>Its job was done already.</summary>
    JobDone,

    /// <summary>There is no such job.</summary>
    NoJob,

    /// <summary>Its job cannot be read or ended: its row or its hold is damaged. The hold stands until somebody mends that.</summary>
    JobDamaged,

    /// <summary>Its manifest is open, and could not be taken on. The sweeper asks for that again.</summary>
    ManifestOpen,

    /// <summary>Its manifest is done, or there is no such manifest.</summary>
    ManifestDone,

    /// <summary>Its manifest cannot be read: its row is damaged. Its hold stands until somebody mends that.</summary>
    ManifestDamaged,

    /// <summary>Its delivery was pending and could not be taken on. It is listed as failed; its account may ask for it again.</summary>
    DeliveryEnded,

    /// <summary>Its delivery is done, or not kept any more.</summary>
    DeliveryDone,

    /// <summary>Its delivery cannot be read: its row is damaged.</summary>
    DeliveryDamaged,

    /// <summary>It is no message of this app, or a damaged one.</summary>
    Unreadable,
}

/// <summary>What a message points at: a job, a manifest or a delivery.</summary>
public sealed record PoisonTarget(AccountId Account, JobId? Job = null, ManifestId? Manifest = null, DeliveryId? Delivery = null)
{
    /// <summary>Of a delivery: which of its messages it is.</summary>
    public int Turn { get; init; }

    /// <summary>Its id.</summary>
    public string Reference => Job?.Value ?? Manifest?.Value ?? Delivery!.Value.Value;
}

/// <summary>A message that was poison, as a row of the table <c>poison</c>.</summary>
/// <param name="Queue">The lane that it came from.</param>
/// <param name="RowKey">The newest sorts first; the same message has the same key, however often it is found.</param>
/// <param name="Account">Whose; null if it cannot be read.</param>
/// <param name="Job">Which job; null if it cannot be read, or points at something else.</param>
/// <param name="Manifest">Which manifest, likewise.</param>
/// <param name="Delivery">Which delivery, likewise.</param>
/// <param name="FailedAt">When the host gave it up.</param>
/// <param name="SeenAt">When the sweeper took it.</param>
/// <param name="Tries">How often the sweeper looked at it until it could be taken.</param>
/// <param name="Reason">What was found.</param>
/// <param name="Detail">The same, for people.</param>
/// <param name="Body">Of one that cannot be read: how it begins, as it lay in the queue. Else null.</param>
/// <param name="BodyLength">How many characters that had in all.</param>
public sealed record PoisonMessage(
    string Queue, string RowKey, string? Account, string? Job, string? Manifest, string? Delivery, DateTimeOffset FailedAt,
    DateTimeOffset SeenAt, long Tries, PoisonReason Reason, string Detail, string? Body, int BodyLength)
{
    /// <summary>What is kept of a body that nobody can read: enough to see whose it is, and little enough for a list of 100.</summary>
    public const int BodyLengthMax = 8 * 1024;

    private const int TimeDigits = 10;

    /// <summary>Whether it can be sent back as it came.</summary>
    public bool IsWhole => Body is not null && Body.Length == BodyLength;

    /// <summary>A message that was just received.</summary>
    public static PoisonMessage Of(
        string queue, QueueMessage message, PoisonTarget? target, PoisonReason reason, string detail, DateTimeOffset now)
    {
        var body = message.Body.ToString();
        var failedAt = message.InsertedOn ?? DateTimeOffset.UnixEpoch;
        var time = Base32.Reverse(Base32.Encode((ulong)failedAt.ToUnixTimeMilliseconds(), TimeDigits));
        return new PoisonMessage(
            queue, $"{time}-{message.MessageId}", target?.Account.Value, target?.Job?.Value, target?.Manifest?.Value,
            target?.Delivery?.Value, failedAt, now, message.DequeueCount, reason, detail,
            reason == PoisonReason.Unreadable ? body[..Math.Min(body.Length, BodyLengthMax)] : null, body.Length);
    }

    /// <summary>What a message of the app points at; null if its function could not read it either.</summary>
    public static PoisonTarget? Read(string queue, string body)
    {
        try
        {
            var text = Convert.FromBase64String(body);
            return queue switch
            {
                StorageNames.AdvanceQueue => OfManifest(JsonSerializer.Deserialize<AdvanceMessage>(text, Json.Options)),
                StorageNames.WebhooksQueue => OfDelivery(JsonSerializer.Deserialize<DeliveryMessage>(text, Json.Options)),
                _ => OfJob(JsonSerializer.Deserialize<WorkMessage>(text, Json.Options)),
            };
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    private static PoisonTarget? OfJob(WorkMessage? message) =>
        AccountId.TryParse(message?.Account, out var account) && JobId.TryParse(message.Job, out var job)
            ? new(account, job)
            : null;

    private static PoisonTarget? OfManifest(AdvanceMessage? message) =>
        AccountId.TryParse(message?.Account, out var account) && ManifestId.TryParse(message.Manifest, out var manifest)
            ? new(account, Manifest: manifest)
            : null;

    private static PoisonTarget? OfDelivery(DeliveryMessage? message) =>
        AccountId.TryParse(message?.Account, out var account) && DeliveryId.TryParse(message.Delivery, out var delivery)
            ? new(account, Delivery: delivery) { Turn = message.Turn }
            : null;

    public TableEntity ToRow()
    {
        var row = new TableEntity(Queue, RowKey)
        {
            ["FailedAt"] = FailedAt,
            ["SeenAt"] = SeenAt,
            ["Tries"] = Tries,
            ["Reason"] = Reason.ToString(),
            ["Detail"] = Detail,
            ["BodyLength"] = BodyLength,
        };
        if (Account is not null) row["Account"] = Account;
        if (Job is not null) row["Job"] = Job;
        if (Manifest is not null) row["Manifest"] = Manifest;
        if (Delivery is not null) row["Delivery"] = Delivery;
        if (Body is not null) row["Body"] = Body;
        return row;
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static PoisonMessage FromRow(TableEntity row) => new(
        row.PartitionKey, row.RowKey, row.GetString("Account"), row.GetString("Job"), row.GetString("Manifest"), row.GetString("Delivery"),
        row.Required("FailedAt", row.GetDateTimeOffset), row.Required("SeenAt", row.GetDateTimeOffset), row.Required("Tries", row.GetInt64),
        row.Required<PoisonReason>("Reason"), row.Required("Detail", row.GetString),
        row.GetString("Body"), row.Required("BodyLength", row.GetInt32));
}
