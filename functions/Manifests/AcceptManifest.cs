using Azure.Data.Tables;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Reads the file of a manifest, reports what is in it, and holds the price of all its jobs; or refuses it.</summary>
public sealed partial class AcceptManifest(
    PlanManifest planner, ManifestTable manifests, ManifestBlobs blobs, LinesThatRan ran, Ledger ledger, EndManifest end,
    DeliveryMessages messages, JobOptions options, TimeProvider time, ILogger<AcceptManifest> logger)
{
    /// <summary>Begun so often and never ended: whatever is in it, it is not begun again.</summary>
    private const int TriesMax = 5;

    /// <summary>Holds that fail because the balance moved since it was read.</summary>
    private const int HoldsMax = 5;

    /// <returns>The manifest, running, ended, or to be read anew; null if somebody else changed it meanwhile, who sees to it now.</returns>
    public async Task<Manifest?> Run(Manifest manifest, CancellationToken cancel)
    {
        if (manifest.CancelRequested) return await Cancel(manifest, cancel);
        if (Unreadable(manifest) is { } unreadable) return await Refuse(manifest, null, 0, unreadable, cancel);

        // A crash after this leaves a manifest that is read again, at most so many times. If reading takes longer than that, somebody else
        // reads it, too, and the slower one finds the row changed.
        var begun = manifest with { Tries = manifest.Tries + 1, NextLook = time.GetUtcNow() + options.LeaseDuration };
        if (await manifests.TryChange(begun, [], cancel) is not var (reading, _)) return null;

        EarlierLines? earlier = null;
        await using var plan = await planner.Run(
            reading.Account, reading.File.Format!.Value, stop => blobs.Open(reading.File, stop), Earlier, cancel);
        if (plan is null) return await Refuse(reading, null, 0, Gone, cancel);
        return await Decide(
            reading with
            {
                Name = plan.Head.Name ?? reading.Name,
                Sha256 = plan.Sha256,
                WebhookUrl = plan.Head.WebhookUrl,
                Invalid = plan.Invalid,
            },
            plan, earlier ?? EarlierLines.None, cancel);

        async Task<IReadOnlyDictionary<UInt128, int>> Earlier(ManifestPlan read, CancellationToken stop)
        {
            earlier = await ran.Find(reading.Account, LinesThatRan.Key(reading.File, read), stop);
            return earlier.Counted;
        }
    }

    private static ManifestRefusal Gone => ManifestRefusal.Of(
        "file_gone", "The file was deleted or written over before it was read. What it is now is a manifest of its own.");

    private static ManifestRefusal? Unreadable(Manifest manifest) =>
        manifest.Tries >= TriesMax
            ? ManifestRefusal.Of(
                "internal_error", $"This service failed {TriesMax} times while it read the file; its log has more. Nothing is held.")
        : manifest.File.Format is null
            ? ManifestRefusal.Of("unknown_format", $"The file's name must end with {ManifestFile.Endings}, or one of these and .gz.")
        : null;

    private async Task<Manifest?> Decide(Manifest manifest, ManifestPlan plan, EarlierLines earlier, CancellationToken cancel)
    {
        for (var holds = 0; holds < HoldsMax; holds++)
        {
            var available = (await ledger.Read(manifest.Account, cancel))?.Balance.Available ?? 0;
            var sameAs = plan.Sha256.Length == 0 ? null : await manifests.FindByContent(manifest.Account, plan.Sha256, cancel);
            var verdict = ManifestVerdict.Of(plan, sameAs, available);
            if (verdict.Refusal is { } refusal) return await Refuse(manifest, plan, available, refusal, cancel);

            var now = time.GetUtcNow();
            var accepted = manifest with
            {
                State = ManifestState.Running,
                Total = verdict.Jobs,
                Price = verdict.Price,
                Skipped = plan.RanBefore + plan.Total - verdict.Jobs,
                NextLook = now,
            };
            // A crash after any of these leaves blobs that the next try writes over.
            plan.Jobs.Position = 0;
            await blobs.Output(ManifestBlobs.Plan(accepted)).UploadAsync(plan.Jobs, overwrite: true, cancel);
            await ran.Store(accepted, earlier, plan, cancel);
            await Report(new ManifestReport(accepted, accepted.Name, plan, verdict.Jobs, verdict.Price, available, null), cancel);
            // A crash before this leaves a manifest that is read again; after it one that the sweeper takes on.
            var result = await ledger.Commit(manifest.Account, books => Hold(books, accepted, earlier, now + options.ResendAfter), cancel);
            switch (result)
            {
                case CommitResult.Committed committed:
                    await messages.Announce(committed.Deliveries);
                    Log.Accepted(logger, manifest.Account.Value, manifest.Id.Value, verdict.Jobs, plan.Invalid, verdict.Price);
                    return await manifests.Find(manifest.Account, manifest.Id, cancel);
                case CommitResult.OverLimit over:
                    var limit = ManifestRefusal.Of("over_limit", $"{over.Limit} Then send the file again.");
                    return await Refuse(manifest, plan, available, limit, cancel);
                case CommitResult.RowConflict conflict when conflict.RowKey == manifest.Id.RowKey:
                    return null;
                case CommitResult.RowConflict conflict when conflict.RowKey != LedgerKeys.ManifestContent(plan.Sha256):
                    // Another version of the file was accepted since it was read: what is new is to be found anew.
                    return manifest;
                case CommitResult.Insufficient or CommitResult.RowConflict:
                    // Credits were spent since the balance was read, or the same file was accepted under another name.
                    break;
                default:
                    throw new InvalidOperationException($"Manifest {manifest.Id} cannot be held: {result}.");
            }
        }

        throw new StorageBusyException($"Manifest {manifest.Id}", HoldsMax);
    }

    private static Decision Hold(Books books, Manifest manifest, EarlierLines earlier, DateTimeOffset due)
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
                ManifestTable.Change(manifest with { HeldBy = books.Balance.Version + 1 }),
                ManifestTable.Hold(manifest, due),
                LinesThatRan.Note(manifest, earlier),
            ]);
    }

    /// <summary>Nothing is held and nothing is remembered of the content, so that the same file can be sent again.</summary>
    private async Task<Manifest?> Refuse(
        Manifest manifest, ManifestPlan? plan, long available, ManifestRefusal refusal, CancellationToken cancel)
    {
        var rejected = manifest with
        {
            State = ManifestState.Rejected,
            Refusal = refusal,
            Price = plan?.Price ?? 0,
            Skipped = plan?.RanBefore ?? 0,
            FinishedAt = time.GetUtcNow(),
        };
        // A crash after this leaves a report of a manifest that is read again.
        await Report(new ManifestReport(rejected, rejected.Name, plan, 0, rejected.Price, available, refusal), cancel);
        if (!await end.Run(rejected, cancel)) return null;
        Log.Rejected(logger, manifest.Account.Value, manifest.Id.Value, refusal.Code);
        return rejected;
    }

    private async Task<Manifest?> Cancel(Manifest manifest, CancellationToken cancel)
    {
        var canceled = manifest with { State = ManifestState.Canceled, FinishedAt = time.GetUtcNow() };
        return await end.Run(canceled, cancel) ? canceled : null;
    }

    private async Task Report(ManifestReport report, CancellationToken cancel)
    {
        await using var file = TemporaryFile.Create();
        await report.Write(file, cancel);
        file.Position = 0;
        var json = new BlobHttpHeaders { ContentType = "application/json" };
        await blobs.StoreReport(ManifestBlobs.Report(report.Manifest!), file, json, cancel);
    }

    private static partial class Log
    {
        [LoggerMessage(34, LogLevel.Information, "{Account} {Manifest}: accepted {Jobs} jobs, {Invalid} not valid; {Price} credits held.")]
        public static partial void Accepted(ILogger logger, string account, string manifest, int jobs, int invalid, long price);

        [LoggerMessage(35, LogLevel.Warning, "{Account} {Manifest}: rejected, {Code}; its report says why.")]
        public static partial void Rejected(ILogger logger, string account, string manifest, string code);
    }
}
