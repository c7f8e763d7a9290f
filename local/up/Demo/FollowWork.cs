using Azure.Storage.Blobs;

namespace Local.Up.Demo;

/// <summary>Submits the job, drops the manifest, and asks how they are until all is done.</summary>
internal sealed class FollowWork(Client client, string storage, Action<IReadOnlyList<ProgressRow>> show)
{
    /// <summary>A client elsewhere waits as long as <c>Retry-After</c> says; on one's own machine it is nice to see it move.</summary>
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromMilliseconds(250);

    private static readonly IReadOnlyList<AskedJob> Asked = [DemoWork.Single, .. DemoWork.Manifest];

    /// <summary>By what we call them.</summary>
    private readonly Dictionary<string, JobAnswer> jobs = [];

    /// <returns>The finished jobs, in the order they were asked for; fewer if the manifest was refused, and why.</returns>
    public async Task<FollowedWork> Run(CancellationToken cancel)
    {
        var submitted = await client.Post<JobAnswer>("v1/jobs", DemoWork.Single, cancel);
        Note(submitted);
        await DropManifest(cancel);

        var open = new List<string> { submitted.Id };
        ReportAnswer? report = null;
        while (report is null || open.Count > 0)
        {
            await Task.Delay(AskAgainAfter, cancel);
            if (report is null && (report = await FindReport(cancel)) is not null) open.AddRange(report.Jobs.Select(job => job.Id));

            foreach (var id in open.ToList())
            {
                // A manifest's jobs have their ids before they are made.
                if (await client.Find<JobAnswer>($"v1/jobs/{id}", cancel) is not { } job) continue;
                Note(job);
                if (!job.IsOpen) open.Remove(id);
            }
        }

        return new FollowedWork([.. Asked.Select(asked => jobs.GetValueOrDefault(asked.CustomId)).OfType<JobAnswer>()], report.Refusal);
    }

    private void Note(JobAnswer job)
    {
        jobs[job.CustomId!] = job;
        show([.. Asked.Select(asked => ProgressRow.Of(asked, jobs.GetValueOrDefault(asked.CustomId)))]);
    }

    private async Task DropManifest(CancellationToken cancel)
    {
        var file = new BlobContainerClient(storage, "manifests").GetBlobClient($"{OpenAccount.Name}/{DemoWork.ManifestFile}");
        await file.UploadAsync(BinaryData.FromObjectAsJson(DemoWork.Manifest, Snake.Json), cancel);
    }

    /// <summary>What the app made of the manifest, or null as long as it has not looked at it.</summary>
    private async Task<ReportAnswer?> FindReport(CancellationToken cancel)
    {
        var manifests = await client.Get<ListAnswer<ManifestAnswer>>("v1/manifests", cancel);
        if (manifests.Data is not [{ ReportUrl: { } url }, ..]) return null;
        // A signed URL is complete in itself; storage would refuse it with our API key beside it.
        var report = await new BlobClient(new Uri(url)).DownloadContentAsync(cancel);
        return report.Value.Content.ToObjectFromJson<ReportAnswer>(Snake.Json);
    }
}

/// <param name="Jobs">Those that are done.</param>
/// <param name="Refusal">Why the manifest's jobs are not among them, or null.</param>
internal sealed record FollowedWork(IReadOnlyList<JobAnswer> Jobs, string? Refusal);
