namespace Pipeline.Storage;

/// <summary>The names of everything in the storage account. One deployment has one storage account, so they are fixed.</summary>
public static class StorageNames
{
    /// <summary>Balances, entries, jobs and manifests; the partition is the account.</summary>
    public const string LedgerTable = "ledger";

    /// <summary>The list of accounts, and the hashes of their API keys.</summary>
    public const string AccountsTable = "accounts";

    /// <summary>Messages that failed too often, kept for the operator; the partition is the queue that they came from.</summary>
    public const string PoisonTable = "poison";

    /// <summary>All tables.</summary>
    public static readonly IReadOnlyList<string> Tables = [LedgerTable, AccountsTable, PoisonTable];

    /// <summary>Where manifests are dropped: <c>{account}/{name}</c>.</summary>
    public const string ManifestsContainer = "manifests";

    /// <summary>Images and reports: <c>{account}/…</c>.</summary>
    public const string OutputsContainer = "outputs";

    /// <summary>Images that callers bring: <c>{account}/{reference}</c>.</summary>
    public const string ReferencesContainer = "references";

    /// <summary>The lane of single 512 and 1K jobs.</summary>
    public const string StandardQueue = "images-standard";

    /// <summary>The lane of single 2K and 4K jobs.</summary>
    public const string LargeQueue = "images-large";

    /// <summary>The lane of manifests' 512 and 1K jobs.</summary>
    public const string BulkStandardQueue = "images-standard-bulk";

    /// <summary>The lane of manifests' 2K and 4K jobs.</summary>
    public const string BulkLargeQueue = "images-large-bulk";

    /// <summary>The messages that take manifests on, step by step.</summary>
    public const string AdvanceQueue = "manifests-advance";

    /// <summary>The messages that have events delivered to webhook endpoints.</summary>
    public const string WebhooksQueue = "webhooks";

    /// <summary>All queues whose messages are worked on.</summary>
    public static readonly IReadOnlyList<string> Queues =
        [StandardQueue, LargeQueue, BulkStandardQueue, BulkLargeQueue, AdvanceQueue, WebhooksQueue];

    /// <summary>Where the Functions host moves a queue's message when its function failed too often. The name is the host's rule.</summary>
    public static string PoisonOf(string queue) => queue + "-poison";
}
