using Pipeline.Credits;
using Pipeline.Jobs;

namespace Pipeline.Manifests;

/// <summary>Helps an open manifest that nobody seems to take on: sends the message once more that its row waits for.</summary>
public sealed class ResumeManifest(ManifestTable manifests, ManifestTurns turns, JobOptions options, TimeProvider time)
{
    /// <summary>Looks at the manifest of a hold that is due.</summary>
    /// <returns>
    /// Whether it was sent a message, and the hold with when to look again; or null if the manifest is gone or done and its hold should not
    /// be there.
    /// </returns>
    public async Task<(bool Resumed, OpenHold Next)?> Look(OpenHold hold, ManifestId id, CancellationToken cancel)
    {
        if (await manifests.Find(hold.Account, id, cancel) is not { IsOpen: true } manifest) return null;
        var now = time.GetUtcNow();
        var late = manifest.NextLook + options.ResendAfter;
        if (late > now) return (false, hold with { Due = late });

        await turns.Send(manifest, TimeSpan.Zero, cancel);
        return (true, hold with { Due = now + options.ResendAfter });
    }
}
