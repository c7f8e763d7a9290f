using Pipeline.Events;

namespace Pipeline.Manifests;

/// <summary>The event of a manifest's end.</summary>
internal static class ManifestEvent
{
    public static NewEvent Of(Manifest ended)
    {
        var type = ended.State switch
        {
            ManifestState.Completed => EventTypes.ManifestCompleted,
            ManifestState.Rejected => EventTypes.ManifestRejected,
            ManifestState.Canceled => EventTypes.ManifestCanceled,
            _ => throw new InvalidOperationException($"Manifest {ended.Id} is {ended.State}."),
        };
        var data = new Data(
            ended.Id.Value, ended.State, $"v1/manifests/{ended.Id}", ManifestCredits.Of(ended), ManifestCounts.Of(ended),
            ended.Refusal?.Code);
        return NewEvent.Of(type, data) with { OwnUrl = ended.WebhookUrl, Trace = ended.Trace };
    }

    private sealed record Data(
        string Id, ManifestState Status, string Url, ManifestCredits Credits, ManifestCounts Counts, string? RefusalCode);
}
