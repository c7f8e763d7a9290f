using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>One version of a blob from its discovery to its end: run with success, or reported after too many tries.</summary>
internal sealed partial class BlobFlow(
    Invoker invoker, StorageAccounts accounts, IServiceScopeFactory scopes, HostJson hostJson, HostSetup setup, HostLife life,
    ILogger<BlobFlow> logger)
{
    private const string PoisonQueue = "webjobs-blobtrigger-poison";

    private readonly int triesMax = hostJson.Blobs.PoisonBlobThreshold;

    /// <returns>Whether this version is done with; else it is looked at again.</returns>
    public async Task<bool> Process(Function function, BlobItem item, IReadOnlyDictionary<string, string> parameters)
    {
        var trigger = (BlobPattern)function.Trigger;
        var version = BlobVersion.Of(item.Properties.ETag);
        var blob = accounts.Blobs(trigger.Connection, function.Name).GetBlobContainerClient(trigger.Container).GetBlobClient(item.Name);
        var receiptBlob = BlobReceipt.At(accounts.Blobs(null, function.Name), setup.AppName, function, blob, version);
        if ((await BlobReceipt.Read(receiptBlob)).IsComplete) return true;

        await using var claim = await BlobClaim.TryTake(receiptBlob, setup, logger, life.Abandoned);
        if (claim is null) return false;
        // Another process may have finished it between the look and the claim.
        var receipt = await BlobReceipt.Read(receiptBlob);
        if (receipt.IsComplete) return true;
        if (!await IsStill(blob, version)) return false;

        // Counted before the call: a blob that takes the process down must not do so for ever.
        receipt = receipt with { Tries = receipt.Tries + 1 };
        var isOutOfTries = receipt.Tries > triesMax;
        if (!isOutOfTries)
        {
            await receipt.Write(receiptBlob, claim);
            var outcome = await Invoke(function, new BlobEvent(blob, parameters));
            if (life.Abandoned.IsCancellationRequested) return false;
            if (outcome is Outcome.Failed && receipt.Tries < triesMax) return false;
            isOutOfTries = outcome is Outcome.Failed;
        }

        // A crash in between leaves a second report, never none.
        if (isOutOfTries) await Report(function, item, blob, version);
        await (receipt with { IsComplete = true }).Write(receiptBlob, claim);
        return true;
    }

    private async Task<Outcome> Invoke(Function function, BlobEvent cause)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await invoker.Invoke(function, cause, scope.ServiceProvider, _ => Task.CompletedTask, CancellationToken.None);
    }

    /// <summary>Whether the blob has not been rewritten or deleted since it was listed; the next listing tells what it is now.</summary>
    private static async Task<bool> IsStill(BlobClient blob, BlobVersion version)
    {
        try
        {
            return BlobVersion.Of((await blob.GetPropertiesAsync(cancellationToken: CancellationToken.None)).Value.ETag) == version;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return false;
        }
    }

    private async Task Report(Function function, BlobItem item, BlobClient blob, BlobVersion version)
    {
        Log.OutOfTries(logger, blob.BlobContainerName, blob.Name, triesMax, PoisonQueue);
        var type = $"{item.Properties.BlobType ?? BlobType.Block}Blob";
        var message = new PoisonBlob("BlobTrigger", function.Id, type, blob.BlobContainerName, blob.Name, version.Quoted);
        var body = JsonSerializer.SerializeToUtf8Bytes(message);
        var encoded = hostJson.Queues.IsBase64 ? BinaryData.FromString(Convert.ToBase64String(body)) : BinaryData.FromBytes(body);
        await QueueMessageFlow.SendCreating(accounts.Queues(null, function.Name).GetQueueClient(PoisonQueue), encoded);
    }

    /// <summary>The message of the real host.</summary>
    private sealed record PoisonBlob(string Type, string FunctionId, string BlobType, string ContainerName, string BlobName, string ETag);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The blob {Container}/{Blob} failed {Tries} times and is reported to the queue {Queue}.")]
        public static partial void OutOfTries(ILogger logger, string container, string blob, int tries, string queue);
    }
}
