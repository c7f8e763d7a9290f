using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>Jobs as the contract shows them.</summary>
public sealed class JobViews(SignedUrls urls)
{
    public async Task<JobView> Of(Job job, CancellationToken cancel)
    {
        var count = job.DeletedAt is null ? job.Request.Num : 0;
        var images = new List<ImageView>(count);
        for (var index = 0; index < count; index++) images.Add(await Image(job, index, cancel));

        var price = JobPrice.Of(job.Request.Model, Paid(job));
        return new JobView(
            "job", job.Id.Value, job.Status, job.Request.CustomId, job.Manifest, job.Parent?.Value, job.Request.Prompt,
            job.Request.Model.Id, job.Request.Num, job.Request.ImageSize,
            [.. job.Request.RefImages.Select(image => new RefImageView(image.Image.ToString()!, image.Role))],
            job.Request.EditOf?.ToString(), job.Request.Thinking, job.Request.Search, job.Request.ServiceTier, job.Request.Metadata,
            job.Request.WebhookUrl, job.StartBefore,
            job.CancelRequested || job.Status == JobStatus.Canceled, job.CreatedAt, job.StartedAt, job.FinishedAt, job.Attempts,
            [.. job.History.Select(AttemptView.Of)], images, job.Credits, price.Usd, price.OfficialUsd, job.Error,
            job.Warnings)
        {
            DeletedAt = job.DeletedAt,
        };
    }

    /// <summary>A job is worth what is held for it while it is open, and what was captured once it is done or even deleted.</summary>
    private static int Paid(Job job) =>
        !job.IsTerminal ? job.Request.Num
        : job.DeletedAt is null ? job.Images.Count
        : (int)(job.Credits.Captured / job.Request.Model.CreditsPerImage);

    private async Task<ImageView> Image(Job job, int index, CancellationToken cancel)
    {
        if (job.Images.FirstOrDefault(image => image.Index == index) is not { } image)
            return job.IsTerminal ? new ImageView(index, "failed") { Error = job.Error } : new ImageView(index, "pending");

        var signed = await urls.ToRead(StorageNames.OutputsContainer, image.Blob, cancel);
        return new ImageView(index, "stored")
        {
            Url = signed.Url.AbsoluteUri,
            UrlExpiresAt = signed.ExpiresAt,
            ContentType = image.ContentType,
            Bytes = image.Bytes,
            Width = image.Width,
            Height = image.Height,
            Sha256 = image.Sha256,
        };
    }
}

/// <summary>The job of the contract, field by field.</summary>
public sealed record JobView(
    [AllowedValues("job")] string Object,
    string Id,
    [Description("The last five never change.")] JobStatus Status,
    string? CustomId,
    [Description("The manifest it came with.")] string? Manifest,
    [Description("The job whose image it edits, redoes or completes.")] string? Parent,
    string Prompt,
    string Model,
    int Num,
    string ImageSize,
    IReadOnlyList<RefImageView> RefImages,
    string? EditOf,
    Thinking? Thinking,
    IReadOnlyList<SearchKind> Search,
    ServiceTier ServiceTier,
    IReadOnlyDictionary<string, string> Metadata,
    string? WebhookUrl,
    [Description("If no worker has begun it by then, it expires.")] DateTimeOffset? StartBefore,
    [Description("Whether its caller asked for its end.")] bool CancelRequested,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    [Description("When its status became one that never changes.")] DateTimeOffset? FinishedAt,
    [Description("How often a worker began with it.")] int Attempts,
    [Description("What became of each attempt, the first first.")] IReadOnlyList<AttemptView> History,
    IReadOnlyList<ImageView> Images,
    JobCredits Credits,
    [Description("What it is worth: what is held for it, or in the end what was captured.")] decimal Usd,
    [Description("What Google's own API asks for the same.")] decimal OfficialUsd,
    [Description("Why it did not succeed.")] JobError? Error,
    IReadOnlyList<JobWarning> Warnings)
{
    /// <summary>Shown only of a job that was deleted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? DeletedAt { get; init; }
}

/// <summary>A reference image as it can be sent again.</summary>
public sealed record RefImageView(string Image, ReferenceRole? Role);

/// <summary>One image of a job: <c>pending</c>, <c>stored</c> with all fields, or <c>failed</c> with an error.</summary>
[Description("One image of a job; its other fields are there as soon as it is stored.")]
public sealed record ImageView(int Index, [AllowedValues("pending", "stored", "failed")] string Status)
{
    [Description("Signed: whoever has it may read the image, until it expires.")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Url { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? UrlExpiresAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ContentType { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Bytes { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Width { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Height { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sha256 { get; init; }

    public JobError? Error { get; init; }
}
