using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Compares the pixels that came with those that the catalogue promises: a silent downgrade must not stay silent.</summary>
public static class SizeWarnings
{
    /// <summary>What Google prints for 21:9 at the smallest tier, though every other size doubles from tier to tier.</summary>
    private static readonly PixelSize PrintedFor21By9 = new(792, 168);

    public static IReadOnlyList<JobWarning> Of(Job job, Catalogue catalogue)
    {
        var expected = catalogue.SizeOf(job.Request.Model, job.Request.ImageSize);
        return
        [
            .. job.Images
                .Select(image => (image.Index, Size: new PixelSize(image.Width, image.Height)))
                .Where(image => image.Size != expected && !IsPrinted(job, image.Size))
                .Select(image => new JobWarning(
                    "size_mismatch",
                    $"Image {image.Index} has {image.Size} pixels; "
                    + $"{job.Request.Model.Tier} at {job.Request.ImageSize} should have {expected}.")),
        ];
    }

    private static bool IsPrinted(Job job, PixelSize size) =>
        size == PrintedFor21By9 && job.Request is { ImageSize: "21:9", Model.Tier: "512" };
}
