using Pipeline.Messages;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>The message that takes a manifest on. What has been done is said by the manifest's row, not by the message.</summary>
/// <param name="Account">Whose.</param>
/// <param name="Manifest">Its id.</param>
/// <param name="Turn">Which message of the manifest it is: only the one that its row waits for is followed.</param>
public sealed record AdvanceMessage(string Account, string Manifest, int Turn) : Message;

/// <summary>Sends the messages that take manifests on.</summary>
public sealed class ManifestTurns(MessageQueues queues)
{
    /// <summary>Sends the message that the manifest's row waits for. A second one does no harm: of two at once, one stops.</summary>
    public Task Send(Manifest manifest, TimeSpan delay, CancellationToken cancel) => queues.Send(
        StorageNames.AdvanceQueue, new AdvanceMessage(manifest.Account.Value, manifest.Id.Value, manifest.Turn), manifest.Trace, delay,
        cancel);

    /// <summary>Sends a message once more, for later.</summary>
    public Task SendAgain(AdvanceMessage message, TimeSpan delay, CancellationToken cancel) =>
        queues.Send(StorageNames.AdvanceQueue, message, message.TraceParent, delay, cancel);
}
