using System.Text.Json;
using Azure.Storage.Queues;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>The message that takes a manifest on. What has been done is said by the manifest's row, not by the message.</summary>
/// <param name="Account">Whose.</param>
/// <param name="Manifest">Its id.</param>
/// <param name="Turn">Which message of the manifest it is: only the one that its row waits for is followed.</param>
public sealed record AdvanceMessage(string Account, string Manifest, int Turn);

/// <summary>Sends the messages that take manifests on.</summary>
public sealed class ManifestTurns(QueueServiceClient queues)
{
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    /// <summary>Sends the message that the manifest's row waits for. A second one does no harm: of two at once, one stops.</summary>
    public Task Send(Manifest manifest, TimeSpan delay, CancellationToken cancel) =>
        SendAgain(new AdvanceMessage(manifest.Account.Value, manifest.Id.Value, manifest.Turn), delay, cancel);

    /// <summary>Sends a message once more, for later.</summary>
    public async Task SendAgain(AdvanceMessage message, TimeSpan delay, CancellationToken cancel) =>
        await queues.GetQueueClient(StorageNames.AdvanceQueue).SendMessageAsync(
            JsonSerializer.Serialize(message, Json.Options), visibilityTimeout: delay, timeToLive: Forever, cancel);
}
