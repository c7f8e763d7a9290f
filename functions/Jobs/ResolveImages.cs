using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.References;

namespace Pipeline.Jobs;

/// <summary>What became of the images of a new job.</summary>
public abstract record Resolution
{
    private Resolution()
    {
    }

    /// <summary>All are there, and stored if they were not.</summary>
    /// <param name="Request">With references where the caller sent the images themselves, and with what was fetched.</param>
    /// <param name="Parent">The job whose image is edited, or null.</param>
    /// <param name="Conversation">What led to that image, with it; empty if none.</param>
    public sealed record Resolved(JobRequest Request, JobId? Parent, IReadOnlyList<string> Conversation) : Resolution;

    /// <summary>What is wrong, each with its pointer.</summary>
    public sealed record Refused(IReadOnlyList<FieldError> Errors) : Resolution;
}

/// <summary>Finds or stores the images that go along with a new job, before a credit is held for it.</summary>
public sealed class ResolveImages(ReferenceStore references, FetchReference fetch, JobTable jobs, OutgoingOptions outgoing)
{
    /// <summary>Images of one job at once: enough to hide latency, few enough that a job does not take all connections.</summary>
    private const int AtOnceMax = 4;

    /// <summary>Stores inline images, fetches addresses, and looks for the others; refuses the job if one cannot be had.</summary>
    /// <remarks>A crash in here leaves stored images that no job names; the same images find them.</remarks>
    public Task<Resolution> Run(AccountId account, JobRequest request, CancellationToken cancel) =>
        Each(request, (image, stop) => image switch
        {
            ImageSource.Inline inline => Store(account, inline, stop),
            ImageSource.Web web => Fetch(account, web, stop),
            _ => Look(account, image, stop),
        }, cancel);

    /// <summary>Stores, fetches and calls nothing: looks whether what is named by id is there and what is inline is an image.</summary>
    public Task<Resolution> Check(AccountId account, JobRequest request, CancellationToken cancel) =>
        Each(request, (image, stop) => Look(account, image, stop), cancel);

    /// <summary>
    /// Stores the inline images of a manifest's job and finds its conversation. What else goes along is looked for when the job is
    /// worked on: an image that cannot be had then fails that job, not the manifest.
    /// </summary>
    public async Task<Resolution.Resolved> ForManifest(AccountId account, JobRequest request, CancellationToken cancel)
    {
        var resolution = await Each(request, async (image, stop) => image switch
        {
            ImageSource.Inline inline => await Store(account, inline, stop),
            ImageSource.OfJob ofJob when ofJob == request.EditOf => new Found(image, null, await jobs.Read(account, ofJob.Job, stop)),
            _ => new Found(image, null, null),
        }, cancel);
        return resolution as Resolution.Resolved
            ?? throw new InvalidOperationException("An image of a manifest passed when it was read and does not now.");
    }

    private static async Task<Resolution> Each(
        JobRequest request, Func<ImageSource, CancellationToken, Task<Found>> find, CancellationToken cancel)
    {
        var images = request.AllImages;
        if (images.Count == 0) return new Resolution.Resolved(request, null, []);

        var found = new Found[images.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, images.Count),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = cancel },
            async (place, stop) => found[place] = await find(images[place].Image, stop));

        var errors = found.Zip(images)
            .Where(pair => pair.First.Fault is not null)
            .Select(pair => new FieldError(pair.Second.Pointer, "not_allowed", $"'{pair.Second.Pointer[1..]}' {pair.First.Fault}"))
            .ToList();
        if (errors.Count > 0) return new Resolution.Refused(errors);

        var resolved = request.With([.. found.Select(image => image.Image)]);
        return request.EditOf is ImageSource.OfJob edited && found[0].Job is { } job
            ? new Resolution.Resolved(resolved, job.Id, Conversation.After(job, edited))
            : new Resolution.Resolved(resolved, null, []);
    }

    private async Task<Found> Store(AccountId account, ImageSource.Inline inline, CancellationToken cancel)
    {
        using var image = new InlineImage(inline.Text);
        var received = await image.Spool(cancel);
        if (received is not SpoolOutcome.Whole { Image: var spooled }) return new Found(inline, InlineImage.FaultOf(received), null);
        await using (spooled)
        {
            var (reference, _) = await references.Store(account, spooled, cancel);
            return new Found(new ImageSource.Reference(reference.Id), null, null);
        }
    }

    private async Task<Found> Fetch(AccountId account, ImageSource.Web web, CancellationToken cancel) =>
        await fetch.Run(account, web.Address, cancel) switch
        {
            FetchOutcome.Stored stored => new Found(web with { Stored = stored.Reference.Id }, null, null),
            FetchOutcome.Unreachable unreachable => new Found(web, unreachable.Detail, null),
            _ => throw new InvalidOperationException("What is fetched is stored or unreachable."),
        };

    private async Task<Found> Look(AccountId account, ImageSource image, CancellationToken cancel)
    {
        switch (image)
        {
            case ImageSource.Inline inline:
                return new Found(image, InlineImage.FaultOf(inline.Text), null);
            case ImageSource.Reference reference when await references.Find(account, reference.Id, cancel) is null:
                return new Found(image, FaultOf(reference), null);
            case ImageSource.Web web:
                return new Found(image, OutgoingUrl.FaultOf(web.Address, outgoing), null);
            case ImageSource.OfJob ofJob:
                var job = await jobs.Read(account, ofJob.Job, cancel);
                return new Found(image, FaultOf(ofJob, job), job);
            default:
                return new Found(image, null, null);
        }
    }

    internal static string FaultOf(ImageSource.Reference reference) =>
        $"names {reference}, which this account does not have: upload the image with POST /v1/references.";

    /// <summary>Why an image of a job cannot be had, as the rest of a sentence, or null if it can.</summary>
    internal static string? FaultOf(ImageSource.OfJob image, Job? job) =>
        job is null ? $"names {image}, but there is no such job in this account."
        : job.DeletedAt is { } deletedAt ? $"names {image}, but job {job.Id} was deleted at {deletedAt:yyyy-MM-dd'T'HH:mm:ss'Z'}."
        : job.Images.Any(stored => stored.Index == image.Index) ? null
        : $"names {image}, but job {job.Id} is {Json.Name(job.Status)} and has no stored image {image.Index}; "
            + $"it has {job.Images.Count} of {job.Request.Num}.";

    /// <summary>One image: as it is kept, or what is wrong with it; and its job, if it is a job's.</summary>
    private sealed record Found(ImageSource Image, string? Fault, Job? Job);
}
