using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Accounts;

/// <summary>Tells whose API key a request carries, and counts the account's requests.</summary>
public sealed class Callers(TableServiceClient tables, RequestRate rate, TimeProvider time)
{
    /// <summary>
    /// How long a key is believed without looking it up: it saves storage reads per request, and a revoked key or an old limit works so
    /// long.
    /// </summary>
    public static readonly TimeSpan RememberFor = TimeSpan.FromSeconds(30);

    /// <summary>How exactly it is known when a key was used last: each note is a write.</summary>
    public static readonly TimeSpan NoteUseEvery = TimeSpan.FromMinutes(10);

    /// <summary>Above it all are forgotten. An entry is some 300 bytes.</summary>
    private const int RememberedMax = 10_000;

    private const string Scheme = "Bearer ";

    private readonly TableClient keys = tables.GetTableClient(StorageNames.AccountsTable);
    private readonly TableClient ledger = tables.GetTableClient(StorageNames.LedgerTable);
    private readonly ConcurrentDictionary<string, Known> remembered = new(StringComparer.Ordinal);
    private int forgotten;

    /// <summary>The account of the request's <c>Authorization: Bearer nb_…</c>, or null if it has no valid key.</summary>
    /// <exception cref="RefusedException">The account sent too many requests in the last minute.</exception>
    public async Task<AccountId?> Authenticate(HttpRequest request, CancellationToken cancel)
    {
        var header = request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return null;
        if (!ApiKey.TryParse(header.AsSpan(Scheme.Length).Trim(), out var key)) return null;

        var hash = key.Hash;
        if (!remembered.TryGetValue(hash, out var known) || known.Until <= time.GetUtcNow())
        {
            var before = Volatile.Read(ref forgotten);
            if (await LookUp(hash, cancel) is not { } found)
            {
                remembered.TryRemove(hash, out _);
                return null;
            }

            if (remembered.Count >= RememberedMax) remembered.Clear();
            remembered[hash] = known = found;
            // A key may have been revoked since it was looked up; then it must not be believed any longer than for this request.
            if (Volatile.Read(ref forgotten) != before) remembered.TryRemove(hash, out _);
        }

        rate.Count(known.Account, known.RequestsPerMinute);
        return known.Account;
    }

    /// <summary>Has a revoked key looked up again by this instance at once; others believe it for <see cref="RememberFor"/>.</summary>
    public void Forget(string hash)
    {
        // Counted first: whoever remembers a key afterwards sees it, and what was remembered before is removed here.
        Interlocked.Increment(ref forgotten);
        remembered.TryRemove(hash, out _);
    }

    private async Task<Known?> LookUp(string hash, CancellationToken cancel)
    {
        var row = await keys.GetEntityIfExistsAsync<TableEntity>(AccountKeys.KeyPartition, hash, cancellationToken: cancel);
        if (!row.HasValue || !SameHash(row.Value!.RowKey, hash)) return null;
        if (!await NoteUse(row.Value, cancel)) return null;

        var account = AccountId.Parse(row.Value.Required("Account", row.Value.GetString));
        var books = await ledger.GetEntityIfExistsAsync<TableEntity>(account.Value, LedgerKeys.Account, cancellationToken: cancel);
        var limits = books.HasValue ? AccountLimits.From(books.Value!) : AccountLimits.None;
        return new Known(account, limits.RequestsPerMinute, time.GetUtcNow() + RememberFor);
    }

    /// <returns>False if the key was revoked in this moment.</returns>
    private async Task<bool> NoteUse(TableEntity key, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        if (key.GetDateTimeOffset(AccountKeys.LastUsedAt) is { } last && now - last < NoteUseEvery) return true;
        try
        {
            var note = new TableEntity(key.PartitionKey, key.RowKey) { [AccountKeys.LastUsedAt] = now };
            await keys.UpdateEntityAsync(note, ETag.All, TableUpdateMode.Merge, cancel);
            return true;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return false;
        }
    }

    private static bool SameHash(string stored, string given) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(stored), Encoding.ASCII.GetBytes(given));

    private sealed record Known(AccountId Account, long? RequestsPerMinute, DateTimeOffset Until);
}
