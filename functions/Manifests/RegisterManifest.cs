using Pipeline.Accounts;
using Pipeline.Jobs;
using Pipeline.Telemetry;

namespace Pipeline.Manifests;

/// <summary>Makes a manifest of a file that was dropped or posted, and has it read.</summary>
public sealed class RegisterManifest(ManifestTable manifests, ManifestTurns turns, JobOptions options, TimeProvider time)
{
    /// <summary>Safe to repeat, and for several at once: one file is one manifest.</summary>
    /// <returns>The manifest, new or as it is.</returns>
    public async Task<Manifest> Run(AccountId account, ManifestFile file, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var manifest = new Manifest
        {
            Account = account,
            Id = ManifestId.Of(file),
            Name = file.ShortName,
            State = ManifestState.Validating,
            File = file,
            NextLook = now,
            Trace = Spans.Here,
        };
        // A crash after this leaves a manifest without a message; the sweeper sends it.
        if (await manifests.TryAdd(manifest, now + options.ResendAfter, cancel))
        {
            await turns.Send(manifest, TimeSpan.Zero, cancel);
            return manifest;
        }

        return await manifests.Find(account, manifest.Id, cancel)
            ?? throw new FormatException($"Manifest {manifest.Id} was registered and is not there.");
    }
}
