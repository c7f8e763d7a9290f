using System.Text.Json;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Makes a job of what was sent, or says all that is wrong with it. Nothing is stored.</summary>
public sealed class CheckJob(Presets presets, Catalogue catalogue, TimeProvider time)
{
    /// <param name="account">Who sent it.</param>
    /// <param name="json">The fields of <c>POST /v1/jobs</c>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The job as it would begin, or what is wrong: exactly one of the two.</returns>
    public async Task<(Job? Job, Problem? Problem)> From(AccountId account, JsonElement json, CancellationToken cancel)
    {
        var (fields, noPreset) = await presets.Apply(account, json, cancel);
        if (noPreset is not null) return (null, Problems.InvalidRequest([noPreset]));
        if (ReadJobRequest.From(fields, "", catalogue, out var errors) is not { } asked) return (null, Problems.InvalidRequest(errors));
        var now = time.GetUtcNow();
        return (NewJob.From(account, JobId.New(now), asked, manifest: null, now), null);
    }
}
