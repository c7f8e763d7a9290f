using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pipeline.Storage;

/// <summary>The row keys of an account's partition in the table <c>ledger</c>: what lies side by side is read side by side.</summary>
public static class LedgerKeys
{
    /// <summary>Balance, version, limits.</summary>
    public const string Account = "account";

    /// <summary>The account's webhook endpoint and secrets.</summary>
    public const string Webhook = "webhook";

    private const string EntryPrefix = "entry~";
    private const string OpenPrefix = "open~";
    private const string JobPrefix = "job~";
    private const string MovePrefix = "move~";
    private const string DeletePrefix = "delete~";
    private const string PresetPrefix = "preset~";
    private const string IdempotencyPrefix = "idem~";
    private const string EventPrefix = "event~";
    private const string OutboxPrefix = "out~";
    private const string DeliveryPrefix = "delivery~";

    /// <summary>One immutable transfer. 12 digits sort up to a million million entries.</summary>
    public static string Entry(long version) => EntryPrefix + Twelve(version);

    /// <summary>The number of the entry with this row key.</summary>
    /// <exception cref="FormatException">It is no entry's key.</exception>
    public static long EntryVersion(string rowKey) => Number(rowKey, EntryPrefix);

    /// <summary>A job; the newest sorts first.</summary>
    public static string Job(string reversedDigits) => JobPrefix + reversedDigits;

    /// <summary>The reversed digits of the job with this row key.</summary>
    /// <exception cref="FormatException">It is no job's key.</exception>
    public static string JobDigits(string rowKey) => rowKey.StartsWith(JobPrefix, StringComparison.Ordinal)
        ? rowKey[JobPrefix.Length..]
        : throw new FormatException($"'{rowKey}' is no job's key.");

    /// <summary>A job that was deleted and whose blobs may still be there: what the sweeper finishes.</summary>
    public static string Delete(string job) => DeletePrefix + job;

    /// <summary>The job of the deletion with this row key.</summary>
    public static string DeletedJob(string rowKey) => rowKey[DeletePrefix.Length..];

    /// <summary>A hold that is not settled yet, of a job or a manifest: what the sweeper reads.</summary>
    public static string Open(string reference) => OpenPrefix + reference;

    /// <summary>The reference of the open hold with this row key.</summary>
    public static string OpenReference(string rowKey) => rowKey[OpenPrefix.Length..];

    /// <summary>A manifest; the newest sorts first.</summary>
    public static string Manifest(string reversedDigits) => "manifest~" + reversedDigits;

    /// <summary>Which manifest a file's content became, so that the same file runs once.</summary>
    public static string ManifestContent(string sha256) => "content~" + sha256;

    /// <summary>Which manifest last ran under a name, hashed because it is free text: an amended file runs only what is new.</summary>
    public static string ManifestName(string name) => "named~" + Hash(name);

    /// <summary>Saved fields of jobs.</summary>
    public static string Preset(string name) => PresetPrefix + name;

    /// <summary>The filter for all presets of an account.</summary>
    public static string AllPresets(string partition) => Filter(partition, PresetPrefix);

    /// <summary>The reference of what an operator moved, hashed because it is free text.</summary>
    public static string Move(string reference) => MovePrefix + Hash(reference);

    /// <summary>The filter for all references of what operators moved.</summary>
    public static string AllMoves(string partition) => Filter(partition, MovePrefix);

    /// <summary>A caller's Idempotency-Key, hashed because it is the caller's free text.</summary>
    public static string Idempotency(string key) => IdempotencyPrefix + Hash(key);

    /// <summary>Above the number of any event.</summary>
    public const long EventNumberMax = 999_999_999_999;

    /// <summary>Something that happened, by its number; 12 digits sort up to a million million.</summary>
    public static string Event(long number) => EventPrefix + Twelve(number);

    /// <summary>The number of the event with this row key.</summary>
    /// <exception cref="FormatException">It is no event's key.</exception>
    public static long EventNumber(string rowKey) => Number(rowKey, EventPrefix);

    /// <summary>An event that is still to be delivered to one who is told of it: what the sweeper reads.</summary>
    public static string Outbox(long number, int target) => $"{OutboxPrefix}{Twelve(number)}{target}";

    /// <summary>The same when it was delivered, or given up.</summary>
    public static string Delivery(long number, int target) => $"{DeliveryPrefix}{Twelve(number)}{target}";

    /// <summary>The filter for the events of an account from one number to before another.</summary>
    public static string Events(string partition, long from, long before = EventNumberMax) =>
        Filter(partition, Event(from), Event(before));

    /// <summary>The filter for what is to be delivered of an account's events from one number to before another.</summary>
    public static string OutboxOf(string partition, long from, long before) =>
        Filter(partition, OutboxPrefix + Twelve(from), OutboxPrefix + Twelve(before));

    /// <summary>The filter for what was delivered or given up of an account's events from one number to before another.</summary>
    public static string DeliveriesOf(string partition, long from, long before) =>
        Filter(partition, DeliveryPrefix + Twelve(from), DeliveryPrefix + Twelve(before));

    /// <summary>Whether a row of <see cref="AllOpenAndOutbox"/> is a delivery.</summary>
    public static bool IsOutbox(string rowKey) => rowKey.StartsWith(OutboxPrefix, StringComparison.Ordinal);

    /// <summary>The filter for all rows of a partition whose keys begin so.</summary>
    /// <remarks>What follows a prefix is of <c>0-9 a-z _</c>, and <c>~</c> sorts after all of them.</remarks>
    public static string Filter(string partition, string prefix) => Filter(partition, prefix, prefix + '~');

    /// <summary>The filter for the rows of a partition from one key to before another.</summary>
    public static string Filter(string partition, string from, string before) =>
        Azure.Data.Tables.TableClient.CreateQueryFilter(
            $"PartitionKey eq {partition} and RowKey ge {from} and RowKey lt {before}");

    /// <summary>The filter for all open holds of an account.</summary>
    public static string AllOpen(string partition) => Filter(partition, OpenPrefix);

    /// <summary>The filter for all open holds and all pending deliveries of an account, between which no other row lies.</summary>
    public static string AllOpenAndOutbox(string partition) => Filter(partition, OpenPrefix, OutboxPrefix + '~');

    /// <summary>What narrows <see cref="AllOpenAndOutbox"/> down to the holds.</summary>
    public const string BeforeOutbox = $"RowKey lt '{OutboxPrefix}'";

    /// <summary>What narrows <see cref="AllOpenAndOutbox"/> down to the deliveries.</summary>
    public const string InOutbox = $"RowKey ge '{OutboxPrefix}'";

    /// <summary>The filter for all unfinished deletions of an account.</summary>
    public static string AllDeletes(string partition) => Filter(partition, DeletePrefix);

    /// <summary>The filter for all Idempotency-Keys of an account.</summary>
    public static string AllIdempotency(string partition) => Filter(partition, IdempotencyPrefix);

    private static long Number(string rowKey, string prefix) => rowKey.StartsWith(prefix, StringComparison.Ordinal)
        ? long.Parse(rowKey.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture)
        : throw new FormatException($"'{rowKey}' does not begin with '{prefix}'.");

    private static string Twelve(long number) => number.ToString("D12", CultureInfo.InvariantCulture);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
