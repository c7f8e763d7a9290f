using Pipeline.Images;
using Pipeline.References;

namespace Pipeline.Jobs;

/// <summary>The fields of <c>POST /v1/jobs</c> as they were understood; sent again, they make the same job.</summary>
/// <remarks>But for inline images, which are shortened: the caller has them.</remarks>
public sealed record JobRequestView(
    string Prompt, string Model, int Num, string ImageSize, IReadOnlyList<RefImageView> RefImages, string? EditOf, Thinking? Thinking,
    IReadOnlyList<SearchKind> Search, ServiceTier ServiceTier, string? CustomId, IReadOnlyDictionary<string, string> Metadata,
    string? WebhookUrl, int? StartBeforeSeconds)
{
    public static JobRequestView Of(JobRequest request) => new(
        request.Prompt, request.Model.Id, request.Num, request.ImageSize,
        [.. request.RefImages.Select(image => new RefImageView(TextOf(image.Image), image.Role))],
        request.EditOf is { } editOf ? TextOf(editOf) : null, request.Thinking, request.Search, request.ServiceTier, request.CustomId,
        request.Metadata, request.WebhookUrl, (int?)request.StartBefore?.TotalSeconds);

    /// <summary>A quote stores nothing, so an image that came inside the request has no id; and megabytes are not sent back.</summary>
    private static string TextOf(ImageSource source) =>
        source is ImageSource.Inline inline ? InlineImage.ShortOf(inline.Text) : source.ToString()!;
}
