using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Pipeline.Storage;

namespace Pipeline.Accounts;

/// <summary>Tells whose API key a request carries.</summary>
public sealed class Callers(TableServiceClient tables, TimeProvider time)
{
    /// <summary>
    /// How long a key is believed without looking it up: it saves a storage read per request, and a revoked key works so long.
    /// </summary>
    private static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(30);

    /// <summary>Above it all are forgotten. An entry is some 300 bytes.</summary>
    private const int RememberedMax = 10_000;

    private const string Scheme = "Bearer ";

    private readonly TableClient table = tables.GetTableClient(StorageNames.AccountsTable);
    private readonly ConcurrentDictionary<string, (AccountId Account, DateTimeOffset Until)> remembered = new(StringComparer.Ordinal);

    /// <summary>The account of the request's <c>Authorization: Bearer nb_…</c>, or null if it has no valid key.</summary>
    public async Task<AccountId?> Authenticate(HttpRequest request, CancellationToken cancel)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return null;
        if (!ApiKey.TryParse(header.AsSpan(Scheme.Length).Trim(), out var key)) return null;

        var hash = key.Hash;
        if (remembered.TryGetValue(hash, out var known) && known.Until > time.GetUtcNow()) return known.Account;

        var row = await table.GetEntityIfExistsAsync<TableEntity>(AccountKeys.KeyPartition, hash, cancellationToken: cancel);
        if (!row.HasValue || !SameHash(row.Value!.RowKey, hash)) return null;

        var account = AccountId.Parse(row.Value.Required("Account", row.Value.GetString));
        if (remembered.Count >= RememberedMax) remembered.Clear();
        remembered[hash] = (account, time.GetUtcNow() + RememberFor);
        return account;
    }

    private static bool SameHash(string stored, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(stored), Encoding.ASCII.GetBytes(given));
}
