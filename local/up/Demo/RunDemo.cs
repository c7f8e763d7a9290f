namespace Local.Up.Demo;

/// <summary>Does what a client would: submits, waits, fetches the pictures, looks at the ledger.</summary>
internal static class RunDemo
{
    /// <summary>A real image API takes up to a minute for a job; the simulator some ten seconds for all.</summary>
    private static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(5);

    private const int EntriesMax = 100;

    /// <returns>Why it is not a success, or null.</returns>
    public static async Task<string?> Run(Platform platform, string apiKey, Screen screen, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeLimit);
        try
        {
            using var client = Client.WithApiKey(platform.Url, apiKey);
            return await Run(client, platform.Storage, screen, limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return $"The demo was not done within {TimeLimit.TotalMinutes} minutes.";
        }
    }

    private static async Task<string?> Run(Client client, string storage, Screen screen, CancellationToken cancel)
    {
        screen.Say($"Submitting a job over HTTP, and dropping a manifest of {DemoWork.Manifest.Count} jobs into the container …");
        var work = await ShowProgress.While(screen, show => new FollowWork(client, storage, show).Run(cancel));
        if (work.Refusal is not null) return $"The manifest was rejected: {work.Refusal}";
        if (work.Jobs.FirstOrDefault(job => job.Status != "succeeded") is { } failed)
            return $"Job {failed.CustomId} is {failed.Status}: {failed.Error?.Detail ?? "it does not say why"}";

        var pictures = new List<SavedPicture>();
        foreach (var job in work.Jobs) pictures.AddRange(await SavePictures.Run(client, job, UpOptions.DemoFolder, cancel));
        ShowResults.Pictures(pictures, screen);

        var entries = await client.Get<ListAnswer<EntryAnswer>>($"v1/credits/entries?limit={EntriesMax}", cancel);
        var credits = await client.Get<CreditsAnswer>("v1/credits", cancel);
        var verification = await client.Get<VerificationAnswer>("v1/credits/verify", cancel);
        ShowResults.Ledger(entries.Data, credits, verification, screen);

        var faults = verification.Checks.Where(check => !check.Ok).Select(check => check.Detail);
        return verification.Ok ? null : $"The ledger is not sound: {string.Join("; ", faults)}";
    }
}
