using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>The jobs that ran under a manifest's name before.</summary>
/// <param name="Key">The name, by <see cref="LinesThatRan.Key"/>.</param>
/// <param name="Hashes">Of each job, the oldest first, as often as it ran.</param>
/// <param name="ETag">Of the note on which manifest was the last one; default if there is none.</param>
public sealed record EarlierLines(string Key, IReadOnlyList<UInt128> Hashes, ETag ETag)
{
    /// <summary>Of a file that was not read so far.</summary>
    public static readonly EarlierLines None = new("", [], default);

    /// <summary>How often each ran.</summary>
    public Dictionary<UInt128, int> Counted => Hashes.CountBy(hash => hash).ToDictionary();
}

/// <summary>Remembers which jobs ran under which name, so that an amended file runs only what is new.</summary>
public sealed class LinesThatRan(ManifestTable manifests, ManifestBlobs blobs)
{
    /// <summary>Of more, the oldest are forgotten.</summary>
    private const int LinesMax = 1_000_000;

    private const int HashBytes = 16;

    /// <summary>What versions of a file share: its path, or of a posted file the name that it gives itself, or its content.</summary>
    public static string Key(ManifestFile? file, ManifestPlan plan) =>
        file is { IsPosted: false } ? file.Blob : plan.Head.Name ?? plan.Sha256;

    public async Task<EarlierLines> Find(AccountId account, string key, CancellationToken cancel)
    {
        if (await manifests.FindByName(account, key, cancel) is not var (last, etag)) return new(key, [], default);
        await using var file = await blobs.Read(ManifestBlobs.Lines(account.Value, last), 0, cancel);
        // Somebody deleted it: what ran is not known any more, and runs again.
        if (file is null) return new(key, [], etag);
        var hashes = new List<UInt128>();
        var hash = new byte[HashBytes];
        while (await file.ReadAtLeastAsync(hash, HashBytes, throwOnEndOfStream: false, cancel) == HashBytes)
            hashes.Add(BinaryPrimitives.ReadUInt128LittleEndian(hash));
        return new(key, hashes, etag);
    }

    /// <summary>Stores what will have run once a manifest's jobs have. Nobody looks at it until the manifest is noted.</summary>
    public async Task Store(Manifest manifest, EarlierLines earlier, ManifestPlan plan, CancellationToken cancel)
    {
        var hashes = earlier.Hashes.Concat(plan.Hashes.Take(manifest.Total)).ToList();
        await using var file = TemporaryFile.Create();
        var bytes = new byte[HashBytes];
        foreach (var hash in hashes.Skip(Math.Max(0, hashes.Count - LinesMax)))
        {
            BinaryPrimitives.WriteUInt128LittleEndian(bytes, hash);
            await file.WriteAsync(bytes, cancel);
        }

        file.Position = 0;
        await blobs.Output(ManifestBlobs.Lines(manifest.Account.Value, manifest.Id.Value)).UploadAsync(file, overwrite: true, cancel);
    }

    /// <summary>
    /// Forgets the jobs of a manifest that was canceled before they had an image, so that the same file can run them. Safe to repeat.
    /// </summary>
    public async Task Forget(Manifest manifest, CancellationToken cancel)
    {
        var name = ManifestBlobs.Lines(manifest.Account.Value, manifest.Id.Value);
        await using var stored = await blobs.Read(name, 0, cancel);
        if (stored is null) return;
        await using var file = TemporaryFile.Create();
        await stored.CopyToAsync(file, cancel);
        // Its own are the last ones, in the order of its plan. Each leaves a gap, so that they stand where they stood.
        var first = file.Length - ((long)manifest.Total * HashBytes);
        await foreach (var place in Unmade(manifest, cancel))
        {
            file.Position = first + ((long)place * HashBytes);
            await file.WriteAsync(new byte[HashBytes], cancel);
        }

        file.Position = 0;
        await blobs.Output(name).UploadAsync(file, overwrite: true, cancel);
    }

    /// <summary>Notes the manifest as the last one of its name, if none was noted since.</summary>
    public static TableTransactionAction Note(Manifest manifest, EarlierLines earlier)
    {
        var row = new TableEntity(manifest.Account.Value, LedgerKeys.ManifestName(earlier.Key)) { ["Manifest"] = manifest.Id.Value };
        return earlier.ETag == default
            ? new(TableTransactionActionType.Add, row)
            : new(TableTransactionActionType.UpdateReplace, row, earlier.ETag);
    }

    /// <summary>The places of the jobs that were canceled without an image, and of those that never came to exist.</summary>
    private async IAsyncEnumerable<int> Unmade(Manifest manifest, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var errors = await blobs.Read(ManifestBlobs.Errors(manifest), 0, cancel);
        if (errors is not null)
        {
            await foreach (var line in Lines.Of(errors, leaveOpen: true, cancel))
            {
                var error = JsonSerializer.Deserialize<ErrorLine>(line.Span, Json.Options)!;
                if (error is not { Status: JobStatus.Canceled, Credits.Captured: 0 }) continue;
                if (JobId.TryParse(error.Id, out var id)) yield return id.Place;
            }
        }

        for (var place = manifest.Progress.Created; place < manifest.Total; place++) yield return place;
    }
}
