using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>
/// Makes one job for each Idempotency-Key of an account, whichever processes its requests reach: what every POST of a single job goes
/// through. Only jobs are remembered; what was refused may be sent again under the same key.
/// </summary>
public sealed class MakeJobOnce(TableServiceClient tables, JobTable jobs, TimeProvider time)
{
    /// <summary>Each try but the last met a row of the key that was written or removed in that very moment.</summary>
    private const int TriesMax = 5;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    /// <summary>
    /// The requests that this process is making jobs for, by account and key. It answers at once what would meet the key's row only in
    /// the transaction, after all of the work. Other processes meet the row.
    /// </summary>
    private readonly ConcurrentDictionary<(AccountId Account, string RowKey), string> underWay = new();

    /// <summary>Makes a job, or finds the one that the same request made before.</summary>
    /// <param name="request">Its method and path are part of what the key stands for.</param>
    /// <param name="account">Whose key.</param>
    /// <param name="key">The Idempotency-Key, or null: then a job is made.</param>
    /// <param name="bodySha256">Of the body's bytes; empty if the request has none.</param>
    /// <param name="make">
    /// Checks, and accepts the job with the key it is given (<see cref="AcceptJob.Take"/>), or refuses. May be called again after a
    /// conflict.
    /// </param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>What <paramref name="make"/> returned, or a job that is there already, or a refusal.</returns>
    public async Task<Acceptance> Make(
        HttpRequest request, AccountId account, string? key, string bodySha256, Func<FreeKey?, Task<Acceptance>> make,
        CancellationToken cancel)
    {
        if (key is null) return await make(null);

        var rowKey = LedgerKeys.Idempotency(key);
        var hash = HashOf(request, bodySha256);
        Acceptance? refusal = null;
        for (var tries = 0; tries < TriesMax; tries++)
        {
            var taken = await Find(account, rowKey, cancel);
            if (taken is not null && !taken.IsExpired(time.GetUtcNow())) return await Replay(account, taken, hash, cancel);
            if (refusal is not null) return refusal;

            var made = await MakeAlone(new FreeKey(account, rowKey, hash, taken?.ETag ?? default), make);
            if (made is Acceptance.Accepted) return made;
            // It may be refused because the same request was faster elsewhere, as when that one took the last credits: look once more.
            if (made is not Acceptance.KeyTaken) refusal = made;
        }

        throw new StorageBusyException($"A job of account {account} for its Idempotency-Key", TriesMax);
    }

    private async Task<Acceptance> MakeAlone(FreeKey key, Func<FreeKey?, Task<Acceptance>> make)
    {
        var place = (key.Account, key.RowKey);
        if (!underWay.TryAdd(place, key.RequestHash))
        {
            var isOther = underWay.TryGetValue(place, out var other) && other != key.RequestHash;
            return new Acceptance.Refused(isOther ? Problems.IdempotencyKeyReused() : Problems.RequestInProgress());
        }

        try
        {
            return await make(key);
        }
        finally
        {
            underWay.TryRemove(place, out _);
        }
    }

    private async Task<TakenKey?> Find(AccountId account, string rowKey, CancellationToken cancel)
    {
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, rowKey, cancellationToken: cancel);
        return row.HasValue ? TakenKey.FromRow(row.Value!) : null;
    }

    private async Task<Acceptance> Replay(AccountId account, TakenKey taken, string hash, CancellationToken cancel)
    {
        if (taken.RequestHash != hash) return new Acceptance.Refused(Problems.IdempotencyKeyReused());
        // Both were written in one transaction, and no row of a job is ever removed.
        var job = await jobs.Read(account, taken.Job, cancel)
            ?? throw new InvalidOperationException($"Job {taken.Job} of account {account} has an Idempotency-Key and no row.");
        return new Acceptance.Replayed(job);
    }

    private static string HashOf(HttpRequest request, string bodySha256) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{request.Method} {request.Path}\n{bodySha256}")));
}
