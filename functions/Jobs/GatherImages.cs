using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.References;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>What goes to the image API for a job.</summary>
public abstract record Gathering
{
    private Gathering()
    {
    }

    /// <param name="Request">All of it; for as many images as are still missing.</param>
    /// <param name="Job">The job, with what was fetched for it.</param>
    public sealed record Gathered(ImageRequest Request, JobRequest Job) : Gathering;

    /// <summary>An image that goes along cannot be had.</summary>
    public sealed record Missing(ImageApiOutcome.ReferenceUnreachable Outcome) : Gathering;
}

/// <summary>Gathers what a job sends to the image API: its conversation so far, and where each image is.</summary>
public sealed class GatherImages(ReferenceStore references, FetchReference fetch, JobTable jobs, Catalogue catalogue)
{
    /// <summary>Reads and fetches of one job at once.</summary>
    private const int AtOnceMax = 4;

    public async Task<Gathering> Run(Job job, int num, CancellationToken cancel)
    {
        var conversation = await Each(
            Conversation.Of(job), async (image, stop) => (Image: image, Job: await jobs.Read(job.Account, image.Job, stop)), cancel);
        var composed = ComposePrompt.From(job.Request, Rounds(conversation), catalogue.ReferenceImagesMax);
        var found = await Each(composed.Images, (image, stop) => Find(job.Account, image, conversation, stop), cancel);
        // If one is gone for good, there is no use in waiting for another.
        var missing = found.Select(image => image.Missing).OfType<ImageApiOutcome.ReferenceUnreachable>().OrderBy(gone => gone.MayPass);
        if (missing.FirstOrDefault() is { } outcome) return new Gathering.Missing(outcome);

        var own = job.Request.AllImages.Count;
        return new Gathering.Gathered(
            new ImageRequest(composed.Prompt, job.Request.Model, num, job.Request.ImageSize)
            {
                Images = [.. found.Select(image => image.Input!)],
                IsEdit = composed.IsEdit,
                Thinking = job.Request.Thinking,
                Search = job.Request.Search,
                ServiceTier = job.Request.ServiceTier,
            },
            own == 0 ? job.Request : job.Request.With([.. found.Take(own).Select(image => image.Source)]));
    }

    /// <summary>What is left of a conversation: a job that was deleted, or an image of it, drops out.</summary>
    private static List<Round> Rounds(IReadOnlyList<(ImageSource.OfJob Image, Job? Job)> conversation) =>
    [
        .. conversation
            .Where(round => round.Job is { Request.Prompt: not "" } && ResolveImages.FaultOf(round.Image, round.Job) is null)
            .Select(round => new Round(round.Job!.Request.Prompt, round.Image)),
    ];

    private async Task<Found> Find(
        AccountId account, ImageSource image, IReadOnlyList<(ImageSource.OfJob Image, Job? Job)> conversation, CancellationToken cancel)
    {
        switch (image)
        {
            case ImageSource.Reference reference:
                return await Stored(account, image, reference.Id, cancel);
            case ImageSource.Web { Stored: { } stored }:
                return await Stored(account, image, stored, cancel);
            case ImageSource.Web web:
                // A crash after this leaves a stored image that the job does not name yet; the next attempt fetches again and finds it.
                return await fetch.Run(account, web.Address, cancel) switch
                {
                    FetchOutcome.Stored fetched => Found.Reference(account, web with { Stored = fetched.Reference.Id }, fetched.Reference),
                    FetchOutcome.Unreachable gone => Found.Not(image, $"The image of {web} {gone.Detail}", gone.MayPass),
                    _ => throw new InvalidOperationException("What is fetched is stored or unreachable."),
                };
            case ImageSource.OfJob ofJob:
                var job = conversation.FirstOrDefault(round => round.Image.Job == ofJob.Job).Job
                    ?? await jobs.Read(account, ofJob.Job, cancel);
                if (ResolveImages.FaultOf(ofJob, job) is { } fault)
                    return Found.Not(image, $"The job {fault}", mayPass: job is { IsTerminal: false });
                var made = job!.Images.First(stored => stored.Index == ofJob.Index);
                return new Found(image, new ImageInput(StorageNames.OutputsContainer, made.Blob, made.ContentType), null);
            case ImageSource.Unreadable:
                return Found.Not(image, $"'{image}' is no image that can be had: name it in another form.", mayPass: false);
            default:
                throw new InvalidOperationException("An inline image is stored as a reference before its job is.");
        }
    }

    private async Task<Found> Stored(AccountId account, ImageSource image, ReferenceId id, CancellationToken cancel) =>
        await references.Find(account, id, cancel) is { } stored
            ? Found.Reference(account, image, stored)
            : Found.Not(image, $"The job {ResolveImages.FaultOf(new ImageSource.Reference(id))}", mayPass: false);

    private static async Task<TTo[]> Each<TFrom, TTo>(
        IReadOnlyList<TFrom> all, Func<TFrom, CancellationToken, Task<TTo>> find, CancellationToken cancel)
    {
        var found = new TTo[all.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, all.Count),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnceMax, CancellationToken = cancel },
            async (place, stop) => found[place] = await find(all[place], stop));
        return found;
    }

    /// <summary>One image: where it is, or why it cannot be had.</summary>
    private sealed record Found(ImageSource Source, ImageInput? Input, ImageApiOutcome.ReferenceUnreachable? Missing)
    {
        public static Found Reference(AccountId account, ImageSource source, StoredReference stored) => new(
            source,
            new ImageInput(StorageNames.ReferencesContainer, ReferenceStore.BlobOf(account, stored.Id), stored.Facts.ContentType), null);

        public static Found Not(ImageSource source, string detail, bool mayPass) =>
            new(source, null, new ImageApiOutcome.ReferenceUnreachable(detail, mayPass));
    }
}
