using Azure.Data.Tables;
using Pipeline.Storage;

namespace Pipeline.Accounts;

/// <summary>The rows of the table <c>accounts</c>: one per account, for lists and the sweeper, and one per API key.</summary>
public static class AccountKeys
{
    /// <summary>The partition of accounts; the row key is the account's id.</summary>
    public const string AccountPartition = "account";

    /// <summary>The partition of API keys; the row key is the key's hash.</summary>
    public const string KeyPartition = "key";

    /// <summary>The column that tells when a key was used last.</summary>
    public const string LastUsedAt = "LastUsedAt";

    /// <summary>The column of an account's row that tells when it was given its first key.</summary>
    public const string FirstKeyAt = "FirstKeyAt";

    /// <summary>The column of an account's row that tells up to which entry its books were found right at night.</summary>
    public const string AuditedVersion = "AuditedVersion";

    /// <summary>The column that has that entry's hash.</summary>
    public const string AuditedHash = "AuditedHash";

    public static TableEntity AccountRow(AccountId account, string name, DateTimeOffset createdAt) => new(AccountPartition, account.Value)
    {
        ["Name"] = name,
        ["CreatedAt"] = createdAt,
    };

    public static TableEntity KeyRow(ApiKey key, AccountId account, DateTimeOffset createdAt) => new(KeyPartition, key.Hash)
    {
        ["Account"] = account.Value,
        ["Prefix"] = key.Prefix,
        ["CreatedAt"] = createdAt,
    };

    /// <summary>The filter for all keys of an account: a walk over all keys, for operators only.</summary>
    public static string KeysOf(AccountId account) =>
        TableClient.CreateQueryFilter($"PartitionKey eq {KeyPartition} and Account eq {account.Value}");

    /// <summary>All accounts, in the order of their ids, as a stream.</summary>
    public static async IAsyncEnumerable<AccountId> All(
        TableServiceClient tables, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var rows = tables.GetTableClient(StorageNames.AccountsTable).QueryAsync<TableEntity>(
            TableClient.CreateQueryFilter($"PartitionKey eq {AccountPartition}"), select: ["RowKey"], cancellationToken: cancel);
        await foreach (var row in rows) yield return AccountId.Parse(row.RowKey);
    }
}
