using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>The entity tag of a job as an answer shows it.</summary>
/// <remarks>
/// It changes with what the job shows, not with each renewal of its worker's lease. Signed URLs are other ones in every answer, so it is a
/// weak one; and if there are any, it changes with each half of their lifetime, too. So whoever is told that nothing has changed has URLs
/// that work for at least another half of it.
/// </remarks>
public sealed class JobTag(OutputOptions options, TimeProvider time)
{
    public EntityTagHeaderValue Of(Job job) => Of(job, options.UrlLifetime, time.GetUtcNow());

    /// <summary>Whether the job is what the caller has already: <c>If-None-Match</c> holds its tag, or <c>*</c>.</summary>
    /// <param name="known">The tags of <c>If-None-Match</c>; empty if there is none.</param>
    /// <param name="job">As it is now.</param>
    public bool IsKnown(IList<EntityTagHeaderValue> known, Job job)
    {
        if (known.Count == 0) return false;
        var tag = Of(job);
        return known.Any(other => other.Equals(EntityTagHeaderValue.Any) || other.Compare(tag, useStrongComparison: false));
    }

    /// <summary>The tags of <c>If-None-Match</c>. One that nobody can read is as good as none: it costs a transfer, and no error.</summary>
    public static IList<EntityTagHeaderValue> Read(StringValues ifNoneMatch) =>
        EntityTagHeaderValue.TryParseList([.. ifNoneMatch.OfType<string>()], out var tags) ? tags : [];

    internal static EntityTagHeaderValue Of(Job job, TimeSpan urlLifetime, DateTimeOffset now)
    {
        var half = job.Images.Count > 0 ? now.UtcTicks / (urlLifetime.Ticks / 2) : 0;
        var shown = JobRow.Changing(job).Where(column => column.Key is not ("Claim" or "LeaseUntil")).OrderBy(column => column.Key)
            .Select(column => string.Create(CultureInfo.InvariantCulture, $"{column.Key}={column.Value}"));
        var state = string.Create(
            CultureInfo.InvariantCulture, $"{string.Join('\n', shown)} {job.CancelRequested} {job.DeletedAt:O} {half}");
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)));
        return new EntityTagHeaderValue($"\"{hash[..32]}\"", isWeak: true);
    }
}
