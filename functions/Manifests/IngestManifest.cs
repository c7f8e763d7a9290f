using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>
/// Takes a file that was dropped into the container <c>manifests</c>: checks every job, holds the price of all, makes the jobs.
/// </summary>
public sealed partial class IngestManifest(
    ManifestFiles files, TableServiceClient tables, Ledger ledger, CreateJobs create, Catalogue catalogue, Presets presets,
    JobOptions options, TimeProvider time, ILogger<IngestManifest> logger)
{
    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("IngestManifest")]
    public async Task Run(
        [BlobTrigger(StorageNames.ManifestsContainer + "/{account}/{name}", Source = BlobTriggerSource.EventGrid)] BlobClient blob,
        CancellationToken cancel)
    {
        // Not bound from the path: of a deep one the host gives {account} everything but the last segment.
        var (account, name) = (blob.Name.Split('/')[0], blob.Name[(blob.Name.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        if (!AccountId.TryParse(account, out var accountId) || await ledger.Read(accountId, cancel) is null)
        {
            Log.NoAccount(logger, blob.Name);
            return;
        }

        if (await files.Read(blob.Name, cancel) is { } file) await Ingest(accountId, blob.Name, name, file, cancel);
    }

    private async Task Ingest(AccountId account, string blob, string name, DroppedFile file, CancellationToken cancel)
    {
        var saved = await presets.All(account, cancel);
        var plan = file.IsTooLarge ? TooLarge() : ReadManifest.From(file.Content, catalogue, saved);
        var found = await FindByContent(account, file.Sha256, cancel);
        var manifest = found ?? new Manifest
        {
            Account = account,
            Id = ManifestId.From(account, file.Sha256, file.DroppedAt),
            Name = plan.Name ?? name,
            State = ManifestState.Accepted,
            Blob = blob,
            Sha256 = file.Sha256,
            CreatedAt = file.DroppedAt,
            Total = plan.Jobs.Count,
            Invalid = plan.Invalid,
            Price = plan.Price,
        };

        // A crash after any step leaves the file without a receipt: the host delivers it again, and each step finds what is done.
        if (found is null)
        {
            manifest = await Accept(manifest, plan, cancel);
            if (manifest.State == ManifestState.Rejected) return;
        }

        // What does not fit is left to the sweeper, which gives its hold back.
        if (manifest.Fits(plan)) await create.Run(manifest, plan, cancel);
    }

    private async Task<Manifest> Accept(Manifest manifest, ManifestPlan plan, CancellationToken cancel)
    {
        if (plan.Jobs.Count == 0 || !plan.IsReadable)
            return await Reject(manifest, plan, plan.IsReadable ? "None of its jobs is valid." : plan.Errors[0].Detail, cancel);

        await files.WriteReport(manifest, plan, refusal: null, cancel);
        var due = time.GetUtcNow() + options.ResendAfter;
        switch (await ledger.Commit(manifest.Account, books => Hold(books, manifest, due), cancel))
        {
            case CommitResult.Committed:
                Log.Accepted(logger, manifest.Account.Value, manifest.Id.Value, manifest.Total, manifest.Invalid, manifest.Price);
                break;
            // Unless another delivery of the same file was faster, and holds what is missing now.
            case CommitResult.Insufficient few when await FindByContent(manifest.Account, manifest.Sha256, cancel) is null:
                return await Reject(
                    manifest, plan,
                    $"It needs {few.Needed} credits and {few.Available} are available: "
                    + $"have {few.Needed - few.Available} more granted and drop the file again.",
                    cancel);
            case CommitResult.OverLimit over when await FindByContent(manifest.Account, manifest.Sha256, cancel) is null:
                return await Reject(manifest, plan, $"{over.Limit} Then drop the file again.", cancel);
            case CommitResult.RowConflict or CommitResult.Insufficient or CommitResult.OverLimit:
                // Another delivery of the same file was faster.
                break;
            case var other:
                throw new InvalidOperationException($"Manifest {manifest.Id} cannot be held: {other}.");
        }

        return await FindByContent(manifest.Account, manifest.Sha256, cancel)
            ?? throw new FormatException($"Manifest {manifest.Id} was accepted but is not there.");
    }

    private static Decision Hold(Books books, Manifest manifest, DateTimeOffset due)
    {
        var available = books.Balance.Available;
        if (available < manifest.Price) return new Decision.Insufficient(manifest.Price, available);
        if (LimitReached.By(books, manifest.Price, manifest.Total) is { } limit) return new Decision.OverLimit(limit);
        var content = new TableEntity(manifest.Account.Value, LedgerKeys.ManifestContent(manifest.Sha256))
        {
            ["Manifest"] = manifest.Id.Value,
        };
        return new Decision.Accept(
            [new Transfer(TransferKind.Hold, manifest.Price, manifest.Id.Value) { Jobs = manifest.Total }],
            [
                new(TableTransactionActionType.Add, content),
                new(TableTransactionActionType.UpsertReplace, (manifest with { HeldBy = books.Balance.Version + 1 }).ToRow()),
                new(TableTransactionActionType.Add, OpenHold.New(manifest.Account, manifest.Id.Value, manifest.Price, due).ToRow()),
            ]);
    }

    /// <summary>Nothing is held and nothing is remembered of the content, so that the same file can be dropped again.</summary>
    private async Task<Manifest> Reject(Manifest manifest, ManifestPlan plan, string refusal, CancellationToken cancel)
    {
        var rejected = manifest with { State = ManifestState.Rejected };
        try
        {
            // Added, never overwritten: another delivery of the same file may have been accepted in the meantime.
            await table.AddEntityAsync(rejected.ToRow(), cancel);
        }
        catch (RequestFailedException e) when (e.Status == 409)
        {
            var there = await table.GetEntityAsync<TableEntity>(manifest.Account.Value, manifest.Id.RowKey, cancellationToken: cancel);
            if (Manifest.FromRow(there.Value) is { State: not ManifestState.Rejected } accepted) return accepted;
        }

        // A crash before this leaves a rejected manifest without a report; the host delivers the file again, which writes it.
        await files.WriteReport(rejected, plan, refusal, cancel);
        Log.Rejected(logger, manifest.Account.Value, manifest.Id.Value, plan.Errors.Count);
        return rejected;
    }

    private async Task<Manifest?> FindByContent(AccountId account, string sha256, CancellationToken cancel)
    {
        var content = await table.GetEntityIfExistsAsync<TableEntity>(
            account.Value, LedgerKeys.ManifestContent(sha256), cancellationToken: cancel);
        if (!content.HasValue || !ManifestId.TryParse(content.Value!.GetString("Manifest"), out var id)) return null;
        var row = await table.GetEntityAsync<TableEntity>(account.Value, id.RowKey, cancellationToken: cancel);
        return Manifest.FromRow(row.Value);
    }

    private static ManifestPlan TooLarge() => new(
        Name: null, Jobs: [],
        [new ManifestError(1, "", "too_long", $"The file may have {ReadManifest.BytesMax:N0} bytes; it has more. Split it.")],
        Invalid: 0, IsReadable: false);

    private static partial class Log
    {
        [LoggerMessage(33, LogLevel.Warning, "{Blob} was dropped for an account that does not exist: nothing is done.")]
        public static partial void NoAccount(ILogger logger, string blob);

        [LoggerMessage(34, LogLevel.Information,
            "{Account} {Manifest}: accepted with {Jobs} jobs, {Invalid} invalid, {Credits} credits held.")]
        public static partial void Accepted(ILogger logger, string account, string manifest, int jobs, int invalid, long credits);

        [LoggerMessage(35, LogLevel.Information, "{Account} {Manifest}: rejected, {Errors} errors; its report tells more.")]
        public static partial void Rejected(ILogger logger, string account, string manifest, int errors);
    }
}
