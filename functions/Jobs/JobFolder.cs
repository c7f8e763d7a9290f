using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Where a job's images go, with what is noted on each and beside it.</summary>
internal static class JobFolder
{
    public static ImageFolder Of(Job job) => new(
        job.Folder, job.Id.Value, job.Attempts, job.Request.Model,
        new AskedFor(
            job.Request.Prompt, job.Request.Model.Id, job.Request.ImageSize, job.Request.Thinking, job.Request.Search,
            job.Request.ServiceTier, [.. job.Request.RefImages.Select(image => NameOf(image.Image))],
            job.Request.EditOf is { } editOf ? NameOf(editOf) : null));

    /// <summary>
    /// What was fetched is named by its id. A caller's address may be a signed one: only what is before its query is kept.
    /// </summary>
    private static string NameOf(ImageSource image) => image switch
    {
        ImageSource.Web { Stored: { } stored } => stored.Value,
        ImageSource.Web web => web.Address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped),
        _ => image.ToString()!,
    };
}
