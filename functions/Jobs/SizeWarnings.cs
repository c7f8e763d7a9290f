using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>What a job says of its images that were kept although they have other pixels than asked for.</summary>
public static class SizeWarnings
{
    public static IReadOnlyList<JobWarning> Of(Job job, Catalogue catalogue) =>
    [
        .. job.Images
            .Select(image => (image.Index, Fault: SizeRule.FaultOf(
                new PixelSize(image.Width, image.Height), job.Request.Model, job.Request.ImageSize, catalogue)))
            .Where(image => image.Fault is not null)
            .Select(image => new JobWarning("size_mismatch", $"Image {image.Index} {image.Fault}")),
    ];
}
