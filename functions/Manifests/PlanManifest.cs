using System.Security.Cryptography;
using System.Text;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Manifests.Reading;

namespace Pipeline.Manifests;

/// <summary>Opens a manifest's file from its beginning; null if it is gone.</summary>
public delegate Task<Stream?> OpenFile(CancellationToken cancel);

/// <summary>Finds how often which job, by its hash, ran before under a manifest's name; its head is read and its content hashed.</summary>
public delegate Task<IReadOnlyDictionary<UInt128, int>> FindEarlier(ManifestPlan plan, CancellationToken cancel);

/// <summary>Reads a manifest's file as a stream, twice, and says what it asks for. Holds, stores and calls nothing.</summary>
public sealed class PlanManifest(Catalogue catalogue, Presets presets, OutgoingOptions outgoing)
{
    /// <param name="account">Whose presets its jobs may name.</param>
    /// <param name="format">How the file is laid out.</param>
    /// <param name="open">Opens it.</param>
    /// <param name="earlier">Finds what ran under its name before.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The plan, or null if the file is gone.</returns>
    public async Task<ManifestPlan?> Run(
        AccountId account, ManifestFormat format, OpenFile open, FindEarlier earlier, CancellationToken cancel)
    {
        ManifestPlan? plan = null, whole = null;
        try
        {
            plan = await Head(format, open, cancel);
            if (plan is null || plan.Faults.Count > 0) return whole = plan;
            await using var file = await open(cancel);
            if (file is null) return null;
            var saved = await presets.All(account, cancel);
            var lines = new LinesOfFile(await earlier(plan, cancel));
            await foreach (var item in ReadManifestFile.Items(file, format, plan.Head, catalogue, outgoing, saved, cancel))
            {
                await Add(plan, item, lines, cancel);
                if (plan.Faults.Count > 0) break;
            }

            await plan.Jobs.FlushAsync(cancel);
            return whole = plan;
        }
        finally
        {
            if (whole is null && plan is not null) await plan.DisposeAsync();
        }
    }

    private async Task<ManifestPlan?> Head(ManifestFormat format, OpenFile open, CancellationToken cancel)
    {
        await using var file = await open(cancel);
        if (file is null) return null;
        using var sha256 = SHA256.Create();
        await using var hashed = new CryptoStream(file, sha256, CryptoStreamMode.Read);
        var head = await ReadManifestFile.Head(hashed, format, catalogue, outgoing, cancel);
        if (head.Errors.Count > 0) return new ManifestPlan { Head = head, Sha256 = "", Faults = head.Errors };
        // What follows a compressed file's end was not read.
        await hashed.CopyToAsync(Stream.Null, cancel);
        return new ManifestPlan { Head = head, Sha256 = Convert.ToHexStringLower(sha256.Hash!) };
    }

    private static async Task Add(ManifestPlan plan, ManifestItem item, LinesOfFile lines, CancellationToken cancel)
    {
        switch (item)
        {
            case ManifestItem.Refused refused:
                plan.Faults = [refused.Error];
                break;
            case ManifestItem.Invalid invalid:
                plan.Invalid++;
                foreach (var error in invalid.Errors) await Write(plan.Errors, error, cancel);
                break;
            case ManifestItem.Valid valid:
                var duplicate = lines.Add(valid);
                if (duplicate is not null) await Write(plan.Duplicates, duplicate, cancel);
                if (duplicate?.Code == ManifestDuplicate.RanBefore)
                {
                    plan.RanBefore++;
                    break;
                }

                var credits = JobPrice.Of(valid.Request.Model, valid.Request.Num).Credits;
                await Write(plan.Jobs, new PlannedJob(valid.Line, valid.Index, valid.Request.CustomId, credits, valid.Json), cancel);
                plan.Add(valid, credits);
                break;
        }
    }

    private static async Task Write<T>(FileStream file, T line, CancellationToken cancel)
    {
        await file.WriteAsync(NdJson.Line(line), cancel);
    }

    /// <summary>What the file had so far: in memory a few numbers for each job.</summary>
    private sealed class LinesOfFile(IReadOnlyDictionary<UInt128, int> ranBefore)
    {
        private readonly Dictionary<UInt128, int> again = new(ranBefore);
        private readonly Dictionary<UInt128, long> jobs = [];
        private readonly Dictionary<UInt128, long> customIds = [];

        /// <returns>What it repeats, or null.</returns>
        public ManifestDuplicate? Add(ManifestItem.Valid item)
        {
            var customId = item.Request.CustomId;
            var sameId = customId is null || customIds.TryAdd(HashOf(customId), item.Line) ? (long?)null : customIds[HashOf(customId)];
            if (Take(item.Hash)) return new ManifestDuplicate(item.Line, null, ManifestDuplicate.RanBefore, customId);
            if (!jobs.TryAdd(item.Hash, item.Line))
                return new ManifestDuplicate(item.Line, jobs[item.Hash], ManifestDuplicate.SameJob, customId);
            return sameId is { } line ? new ManifestDuplicate(item.Line, line, ManifestDuplicate.SameCustomId, customId) : null;
        }

        /// <summary>A job that stood twice in the earlier versions is not new twice.</summary>
        private bool Take(UInt128 hash)
        {
            if (!again.TryGetValue(hash, out var left) || left == 0) return false;
            again[hash] = left - 1;
            return true;
        }

        private static UInt128 HashOf(string text) =>
            System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
