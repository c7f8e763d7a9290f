using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>Lists a container again and again, and hands each version of a blob that is not done with to its own flow.</summary>
internal sealed partial class BlobListener(
    Function function, StorageAccounts accounts, BlobFlow flow, HostJson hostJson, HostSetup setup, ILogger<BlobListener> logger)
    : IListener
{
    private readonly BlobPattern trigger = (BlobPattern)function.Trigger;
    private readonly BlobContainerClient container = ContainerOf(accounts, function);

    /// <summary>By name: a rewritten blob waits for the run of its older version.</summary>
    private readonly Dictionary<string, Run> inFlight = [];

    /// <summary>Versions that need no look at their receipt; holds no name that the last listing did not have.</summary>
    private readonly Dictionary<string, BlobVersion> done = [];

    async Task IListener.Run(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await TryScan(stop);
                await Task.Delay(setup.Times.BlobPolling, setup.Clock, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Task.WhenAll(inFlight.Values.Select(run => run.Ends));
        }
    }

    private async Task TryScan(CancellationToken stop)
    {
        try
        {
            await Scan(stop);
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            // Not made yet; there is nothing to run.
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // The boundary of the listener: an outage of the storage must not end it.
            Log.ListingFailed(logger, e, trigger.Container, setup.Times.BlobPolling);
        }
    }

    private async Task Scan(CancellationToken stop)
    {
        var listed = new HashSet<string>();
        var blobs = container.GetBlobsAsync(new GetBlobsOptions { Prefix = trigger.Prefix }, stop);
        await foreach (var page in blobs.AsPages(pageSizeHint: setup.BlobPageSize))
        {
            foreach (var blob in page.Values)
            {
                listed.Add(blob.Name);
                await StartIfNew(blob, stop);
            }
        }

        foreach (var gone in done.Keys.Where(name => !listed.Contains(name)).ToList()) done.Remove(gone);
    }

    private async Task StartIfNew(BlobItem blob, CancellationToken stop)
    {
        if (trigger.Match(blob.Name) is not { } parameters) return;
        var listed = BlobVersion.Of(blob.Properties.ETag);
        RemoveEnded();
        if (done.TryGetValue(blob.Name, out var version) && version == listed) return;
        if (inFlight.ContainsKey(blob.Name)) return;
        while (inFlight.Count >= hostJson.Blobs.MaxDegreeOfParallelism)
        {
            await Task.WhenAny(inFlight.Values.Select(run => run.Ends)).WaitAsync(stop);
            RemoveEnded();
        }

        stop.ThrowIfCancellationRequested();
        inFlight[blob.Name] = new Run(listed, Process(blob, parameters));
    }

    private void RemoveEnded()
    {
        foreach (var (name, run) in inFlight.Where(entry => entry.Value.Ends.IsCompleted).ToList())
        {
            inFlight.Remove(name);
            if (run.Ends.Result) done[name] = run.Version;
        }
    }

    /// <returns>Whether this version is done with.</returns>
    private async Task<bool> Process(BlobItem blob, IReadOnlyDictionary<string, string> parameters)
    {
        try
        {
            return await flow.Process(function, blob, parameters);
        }
        catch (Exception e)
        {
            // The storage failed, not the function: the next listing finds the blob again.
            Log.LeftToNextListing(logger, e, trigger.Container, blob.Name);
            return false;
        }
    }

    private static BlobContainerClient ContainerOf(StorageAccounts accounts, Function function)
    {
        var trigger = (BlobPattern)function.Trigger;
        return accounts.BlobsToPoll(trigger.Connection, function.Name).GetBlobContainerClient(trigger.Container);
    }

    private sealed record Run(BlobVersion Version, Task<bool> Ends);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Listing the container {Container} failed; the next try is in {Wait}.")]
        public static partial void ListingFailed(ILogger logger, Exception e, string container, TimeSpan wait);

        [LoggerMessage(LogLevel.Error, "The blob {Container}/{Blob} is left to the next listing, as the storage failed.")]
        public static partial void LeftToNextListing(ILogger logger, Exception e, string container, string blob);
    }
}
