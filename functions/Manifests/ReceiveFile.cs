using Azure;
using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Takes a file that was dropped into the container <c>manifests</c>, under the id of its account.</summary>
public sealed partial class ReceiveFile(RegisterManifest register, Ledger ledger, ILogger<ReceiveFile> logger)
{
    [Function("ReceiveFile")]
    public async Task Run(
        [BlobTrigger(StorageNames.ManifestsContainer + "/{name}", Source = BlobTriggerSource.EventGrid)] BlobClient blob,
        CancellationToken cancel)
    {
        if (await Known(blob.Name, cancel) is not { } account)
        {
            Log.NoAccount(logger, blob.Name);
            return;
        }

        if (await Find(blob, cancel) is { } file) await register.Run(account, file, cancel);
    }

    /// <summary>The file as it is now; null if it was deleted since the event: then there is nothing to report on, or to.</summary>
    private static async Task<ManifestFile?> Find(BlobClient blob, CancellationToken cancel)
    {
        try
        {
            var properties = (await blob.GetPropertiesAsync(cancellationToken: cancel)).Value;
            return new ManifestFile(blob.Name, properties.ETag, properties.LastModified, properties.ContentLength);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    /// <summary>The account that a file is for, by the first segment of its name; null if there is no such account.</summary>
    private async Task<AccountId?> Known(string blob, CancellationToken cancel) =>
        AccountId.TryParse(blob.Split('/')[0], out var account) && blob.Contains('/', StringComparison.Ordinal)
        && await ledger.Read(account, cancel) is not null
            ? account
            : null;

    private static partial class Log
    {
        [LoggerMessage(33, LogLevel.Warning,
            "{Blob} was dropped for an account that does not exist: nothing is done. GET /v1/operator/unowned-files lists such files.")]
        public static partial void NoAccount(ILogger logger, string blob);
    }
}
