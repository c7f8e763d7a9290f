using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>
/// Takes a manifest on by one turn: reads its file and holds its price, makes jobs, collects what is done, sends what there is room for;
/// then asks for the next turn, until all is done.
/// </summary>
public sealed partial class AdvanceManifest(
    ManifestTable manifests, ManifestTurns turns, AcceptManifest accept, CreateJobs create, CollectJobs collect, SendJobs send,
    StopManifest stop, EndManifest end, LinesThatRan ran, WriteManifestPage page, TimeProvider time, ILogger<AdvanceManifest> logger)
{
    /// <summary>Between two turns of which the first found something done.</summary>
    private static readonly TimeSpan TurnAfter = TimeSpan.FromSeconds(1);

    /// <summary>After many turns that found nothing.</summary>
    private static readonly TimeSpan TurnAfterMax = TimeSpan.FromSeconds(10);

    /// <summary>When storage is away.</summary>
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(30);

    [Function("AdvanceManifest")]
    public Task Run([QueueTrigger(StorageNames.AdvanceQueue)] AdvanceMessage message, CancellationToken cancel) =>
        message.Work(StorageNames.AdvanceQueue, time.GetUtcNow(), () => Follow(message, cancel));

    private async Task Follow(AdvanceMessage message, CancellationToken cancel)
    {
        if (!AccountId.TryParse(message.Account, out var account) || !ManifestId.TryParse(message.Manifest, out var id))
            throw new FormatException("The message names no manifest.");
        try
        {
            if (await manifests.Find(account, id, cancel) is not { IsOpen: true } manifest || manifest.Turn != message.Turn) return;
            // Whoever changed it meanwhile takes it on; if that one is gone, the sweeper does.
            if (await Turn(manifest, cancel) is { IsOpen: true } further) await Ask(further, cancel);
        }
        catch (Exception e) when (StorageFault.IsUnknownOutcome(e) && !cancel.IsCancellationRequested)
        {
            // Storage is away, which is no fault of the message: the host would give it up after a few tries.
            await turns.SendAgain(message, TryAgainAfter, cancel);
            Log.StorageAway(logger, message.Account, message.Manifest, TryAgainAfter, e);
        }
    }

    /// <summary>Each step finds what the one before left, whoever did it; so each is safe to repeat.</summary>
    /// <returns>The manifest with all that is written; null if somebody else changed it.</returns>
    private async Task<Manifest?> Turn(Manifest manifest, CancellationToken cancel)
    {
        if (manifest.State == ManifestState.Validating)
        {
            if (await accept.Run(manifest, cancel) is not { } read) return null;
            if (read.State != ManifestState.Running) return read.IsOpen ? await Note(read, cancel) : read;
            manifest = read;
        }

        if (manifest is { CancelRequested: true, IsStopped: false })
        {
            if (await stop.Run(manifest, cancel) is not { } stopped) return null;
            manifest = stopped;
        }

        if (!manifest.CancelRequested)
        {
            if (await create.Run(manifest, cancel) is not { } made) return null;
            manifest = made;
        }

        manifest = await collect.Run(manifest, cancel);
        return manifest.Progress.Collected == manifest.Total ? await End(manifest, cancel) : await Note(manifest, cancel);
    }

    private async Task<Manifest?> End(Manifest manifest, CancellationToken cancel)
    {
        var ended = manifest with
        {
            State = manifest.CancelRequested ? ManifestState.Canceled : ManifestState.Completed,
            FinishedAt = time.GetUtcNow(),
        };
        // A crash after any of these leaves a manifest that is ended again.
        if (ended.State == ManifestState.Canceled) await ran.Forget(ended, cancel);
        await page.Run(ended, cancel);
        if (!await end.Run(ended, cancel)) return null;
        Log.Ended(logger, ended.Account.Value, ended.Id.Value, ended.State, ended.Total, ended.Progress.Captured);
        return ended;
    }

    /// <summary>Writes how far it has come, with the number of the next turn.</summary>
    private async Task<Manifest?> Note(Manifest manifest, CancellationToken cancel)
    {
        var next = manifest with { Turn = manifest.Turn + 1, NextLook = time.GetUtcNow() + Delay(manifest) };
        return manifest.State == ManifestState.Validating
            ? (await manifests.TryChange(next, [], cancel))?.Manifest
            : await send.Run(next, cancel);
    }

    /// <summary>A crash before this leaves a manifest whose next message never comes; the sweeper sends it.</summary>
    private async Task Ask(Manifest manifest, CancellationToken cancel)
    {
        var delay = manifest.NextLook - time.GetUtcNow();
        await turns.Send(manifest, delay > TimeSpan.Zero ? delay : TimeSpan.Zero, cancel);
    }

    private static TimeSpan Delay(Manifest manifest)
    {
        var isCreating = manifest.State == ManifestState.Running && manifest.Progress.Created < manifest.Total && !manifest.IsStopped;
        if (isCreating) return TimeSpan.Zero;
        var delay = TurnAfter * Math.Pow(2, Math.Min(manifest.Progress.Quiet, 10));
        return delay < TurnAfterMax ? delay : TurnAfterMax;
    }

    private static partial class Log
    {
        [LoggerMessage(37, LogLevel.Information, "{Account} {Manifest}: {State}, {Jobs} jobs, {Captured} credits captured.")]
        public static partial void Ended(
            ILogger logger, string account, string manifest, ManifestState state, int jobs, long captured);

        [LoggerMessage(38, LogLevel.Warning, "{Account} {Manifest}: storage is away; looked at again in {Delay}.")]
        public static partial void StorageAway(ILogger logger, string account, string manifest, TimeSpan delay, Exception e);
    }
}
