using System.Text.Json;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Manifests;

/// <summary>
/// A line of <c>results.ndjson</c>: a job that has images. <c>Index</c> is its place among the file's jobs, from 0; <c>Line</c> where it
/// begins in the file, from 1.
/// </summary>
public sealed record ResultLine(
    int Index, long Line, string? CustomId, string Id, JobStatus Status, string Model, string Prompt, IReadOnlyList<ResultImage> Images,
    JobCredits Credits, JobError? Error, IReadOnlyList<JobWarning> Warnings, DateTimeOffset? FinishedAt)
{
    public static byte[] Of(Job job)
    {
        var place = job.PlaceInFile();
        return NdJson.Line(new ResultLine(
            place.Index, place.Line, job.Request.CustomId, job.Id.Value, job.Status, job.Request.Model.Id, job.Request.Prompt,
            [.. job.Images.OrderBy(image => image.Index).Select(image => ResultImage.Of(job, image))],
            job.Credits, job.Error, job.Warnings, job.FinishedAt));
    }
}

/// <summary>An image. <c>Blob</c> is its name in the container <c>outputs</c>, <c>Path</c> the way to it from the line's file.</summary>
public sealed record ResultImage(
    int Index, string Blob, string Path, string ContentType, long Bytes, int Width, int Height, string Sha256)
{
    public static ResultImage Of(Job job, StoredImage image) => new(
        image.Index, image.Blob, "../../" + image.Blob[(job.Account.Value.Length + 1)..], image.ContentType, image.Bytes, image.Width,
        image.Height, image.Sha256);
}

/// <summary>A line of <c>errors.ndjson</c>: a job that did not succeed, or not wholly; else as <see cref="ResultLine"/>.</summary>
public sealed record ErrorLine(
    int Index, long Line, string? CustomId, string Id, JobStatus Status, string Model, string Prompt, LineError Error, JobCredits Credits,
    DateTimeOffset? FinishedAt)
{
    public static byte[] Of(Job job)
    {
        var place = job.PlaceInFile();
        return NdJson.Line(new ErrorLine(
            place.Index, place.Line, job.Request.CustomId, job.Id.Value, job.Status, job.Request.Model.Id, job.Request.Prompt,
            job.Error is { } error ? new LineError(error.Code, error.Detail) : LineError.Of(job.Status), job.Credits, job.FinishedAt));
    }
}

/// <summary>Why there is no image, or not each. <c>Code</c> is that of a job's error, or the status of a job that was ended.</summary>
public sealed record LineError(string Code, string Detail)
{
    /// <summary>Jobs that were ended have no error of their own.</summary>
    public static LineError Of(JobStatus status) => status switch
    {
        JobStatus.Canceled => new("canceled", "It was canceled before it had all its images."),
        JobStatus.Expired => new("expired", "No worker had begun it when its start_before_seconds were over."),
        _ => throw new FormatException($"A job is {status} and has no error."),
    };
}

/// <summary>JSON a line each.</summary>
internal static class NdJson
{
    /// <summary>With its end.</summary>
    public static byte[] Line<T>(T value) => [.. JsonSerializer.SerializeToUtf8Bytes(value, Json.Options), (byte)'\n'];

    public static FilePlace PlaceInFile(this Job job) =>
        job.InFile ?? throw new FormatException($"The row of job {job.Id} does not say where it stood in its file.");
}
