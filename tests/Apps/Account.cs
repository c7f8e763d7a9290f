using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Queues;
using Local.Up;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Jobs;
using Pipeline.Manifests;

namespace Pipeline.Tests.Apps;

/// <summary>A user of the app: speaks HTTP with a key, and drops files.</summary>
public sealed record Account(App App, string Id, string ApiKey)
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan PollAfter = TimeSpan.FromMilliseconds(50);

    public async Task<HttpResponseMessage> Get(string path) => await App.Send(new HttpRequestMessage(HttpMethod.Get, path), ApiKey);

    public async Task<JsonElement> GetJson(string path)
    {
        var answer = await Get(path);
        Assert.That((int)answer.StatusCode, Is.EqualTo(200), await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public Task<HttpResponseMessage> Post(string path, object body) => PostText(path, JsonSerializer.Serialize(body));

    public Task<HttpResponseMessage> PostText(string path, string body, string contentType = "application/json") => App.Send(
        new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, contentType) }, ApiKey);

    public async Task<HttpResponseMessage> Delete(string path) => await App.Send(new HttpRequestMessage(HttpMethod.Delete, path), ApiKey);

    /// <summary>Asks for a job's end, and gives the status and the body of the answer.</summary>
    public async Task<(int Status, JsonElement Body)> Cancel(string job)
    {
        var answer = await PostText($"v1/jobs/{job}/cancel", "");
        return ((int)answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>());
    }

    /// <summary>A job as after a crash between its hold and its message: accepted, and no worker knows of it.</summary>
    public async Task<string> HoldWithoutMessage(JobRequest request, DateTimeOffset? createdAt = null)
    {
        var now = createdAt ?? DateTimeOffset.UtcNow;
        var job = NewJob.From(AccountId.Parse(Id), JobId.New(now), request, null, now);
        var ledger = new Ledger(new TableServiceClient(App.Storage), TimeProvider.System, Random.Shared, NullLogger<Ledger>.Instance);
        await ledger.Commit(job.Account, books => AcceptJob.Hold(books, job, now.AddDays(7)), default);
        return job.Id.Value;
    }

    /// <summary>A manifest as its file's event makes it; or as it is after crashes while that was read, or already canceled.</summary>
    public async Task Register(ManifestFile file, int tries = 0, bool canceled = false)
    {
        var manifest = new Manifest
        {
            Account = AccountId.Parse(Id),
            Id = ManifestId.Of(file),
            Name = file.ShortName,
            State = ManifestState.Validating,
            File = file,
            Tries = tries,
        };
        var table = new ManifestTable(new TableServiceClient(App.Storage));
        await table.TryAdd(manifest, DateTimeOffset.UtcNow.AddDays(1), default);
        if (canceled) await table.TryRequestCancel((await table.Find(manifest.Account, manifest.Id, default))!, default);
        await new ManifestTurns(Messages.Queues(App.Storage)).Send(manifest, TimeSpan.Zero, default);
    }

    /// <summary>Sends a job's message, as the sweeper would.</summary>
    public async Task SendMessage(string job) => await new QueueClient(
            App.Storage, "images-standard", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 })
        .SendMessageAsync(JsonSerializer.Serialize(new { account = Id, job }));

    /// <summary>The kinds and amounts of a job's entries, the oldest first.</summary>
    public async Task<List<(string Kind, long Amount)>> Entries(string job) => (await EntriesByJob()).GetValueOrDefault(job, []);

    /// <summary>As above, of every job at once.</summary>
    public async Task<Dictionary<string, List<(string Kind, long Amount)>>> EntriesByJob()
    {
        var entries = new List<(string Reference, string Kind, long Amount)>();
        for (var cursor = ""; ;)
        {
            var page = await GetJson($"v1/credits/entries?limit=100{cursor}");
            entries.AddRange(page.GetProperty("data").EnumerateArray()
                .Select(row => ($"{row.GetProperty("reference")}", $"{row.GetProperty("kind")}", row.GetProperty("amount").GetInt64())));
            if (page.GetProperty("next_cursor").GetString() is not { } next) break;
            cursor = $"&cursor={next}";
        }

        entries.Reverse();
        return entries.GroupBy(entry => entry.Reference)
            .ToDictionary(job => job.Key, job => job.Select(entry => (entry.Kind, entry.Amount)).ToList());
    }

    /// <summary>The names of all of a job's blobs.</summary>
    public async Task<List<string>> Files(string job)
    {
        var names = new List<string>();
        await foreach (var blob in App.Outputs.GetBlobsAsync(new GetBlobsOptions { Prefix = $"{Id}/{job}/" })) names.Add(blob.Name);
        return names;
    }

    /// <summary>The names of a job's images.</summary>
    public async Task<List<string>> Blobs(string job) =>
        [.. (await Files(job)).Where(name => !name.EndsWith(".json", StringComparison.Ordinal))];

    /// <summary>A POST with headers of its own, to the app's process or to another one.</summary>
    public Task<HttpResponseMessage> PostWith(AppProcess? process, string path, object body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return App.SendTo(process ?? App.Process, request, ApiKey);
    }

    /// <summary>Submits a job that must be accepted, and gives its id.</summary>
    public async Task<string> Submit(object job)
    {
        var answer = await Post("v1/jobs", job);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    /// <summary>Uploads an image that must be taken, and gives its id.</summary>
    public async Task<string> Upload(byte[] image)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/references") { Content = new ByteArrayContent(image) };
        var answer = await App.Send(request, ApiKey);
        Assert.That((int)answer.StatusCode, Is.AnyOf(200, 201), await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    public async Task<JsonElement> Job(string id) => await GetJson($"v1/jobs/{id}");

    /// <summary>Whether a job or a manifest is terminal.</summary>
    public static bool IsFinished(JsonElement found) => found.GetProperty("finished_at").ValueKind != JsonValueKind.Null;

    /// <summary>Polls a job until it is terminal.</summary>
    public Task<JsonElement> Finished(string job) =>
        Until(() => Job(job), IsFinished);

    public async Task<JsonElement> Run(object job) => await Finished(await Submit(job));

    public async Task<(long Available, long Held, long Spent)> Credits()
    {
        var credits = await GetJson("v1/credits");
        return (Of("available"), Of("held"), Of("spent"));

        long Of(string bucket) => credits.GetProperty(bucket).GetInt64();
    }

    /// <summary>
    /// The books must be right, also to the operator, who looks at the images, too: every check holds, and none was skipped, as one is
    /// while credits move.
    /// </summary>
    public async Task BooksAreRight()
    {
        var verification = await Until(
            () => GetJson("v1/credits/verify"),
            found => found.GetProperty("checks").EnumerateArray().All(check => !check.GetProperty("skipped").GetBoolean()));
        Assert.That(verification.GetProperty("ok").GetBoolean(), Is.True, verification.ToString());
        using var answer = await App.Operator(HttpMethod.Get, $"v1/operator/verify?account={Id}");
        var audit = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.That(audit.GetProperty("ok").GetBoolean(), Is.True, audit.ToString());
    }

    /// <summary>Drops a file into the container <c>manifests</c>.</summary>
    public async Task Drop(string name, string content)
    {
        var container = new BlobServiceClient(App.Storage).GetBlobContainerClient("manifests");
        await container.GetBlobClient($"{Id}/{name}").UploadAsync(BinaryData.FromString(content), overwrite: true);
    }

    /// <summary>Drops a file of any bytes.</summary>
    public async Task DropBytes(string name, byte[] content)
    {
        var container = new BlobServiceClient(App.Storage).GetBlobContainerClient("manifests");
        await container.GetBlobClient($"{Id}/{name}").UploadAsync(BinaryData.FromBytes(content), overwrite: true);
    }

    /// <summary>Posts a manifest that must be taken, and gives its id.</summary>
    public async Task<string> PostManifest(string content, string contentType = "application/json")
    {
        var answer = await PostText("v1/manifests", content, contentType);
        Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
    }

    /// <summary>Waits until a manifest is done.</summary>
    public Task<JsonElement> Ended(string manifest) =>
        Until(() => GetJson($"v1/manifests/{manifest}"), IsFinished);

    /// <summary>All manifests that there are once so many of them are done, the newest first.</summary>
    public async Task<List<JsonElement>> AllEnded(int count)
    {
        var list = await Until(
            () => GetJson("v1/manifests?limit=100"),
            found => found.GetProperty("data").EnumerateArray()
                .Count(IsFinished) >= count);
        return [.. list.GetProperty("data").EnumerateArray()];
    }

    /// <summary>The lines of a file of a manifest's results; none if it says that there is no such file.</summary>
    public static async Task<List<JsonElement>> LinesOf(JsonElement manifest, string field)
    {
        if (manifest.GetProperty(field).GetString() is not { } url) return [];
        using var http = new HttpClient();
        var text = await http.GetStringAsync(url);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];
    }

    /// <summary>Waits until the newest manifest is in one of these states.</summary>
    public async Task<JsonElement> Manifest(params string[] states)
    {
        var list = await Until(
            () => GetJson("v1/manifests"),
            found => found.GetProperty("data") is var data && data.GetArrayLength() > 0
                && states.Contains(data[0].GetProperty("status").GetString()));
        return list.GetProperty("data")[0];
    }

    /// <summary>What the report of a manifest says.</summary>
    public static async Task<JsonElement> Report(JsonElement manifest)
    {
        using var http = new HttpClient();
        return JsonElement.Parse(await http.GetStringAsync(manifest.GetProperty("report_url").GetString()));
    }

    /// <summary>The job of a manifest of one.</summary>
    public async Task<JsonElement> OnlyJob(JsonElement manifest) =>
        await Job((await Report(manifest)).GetProperty("jobs")[0].GetProperty("id").GetString()!);

    /// <summary>Asks again and again until the answer is right; fails the test after a generous time.</summary>
    public static async Task<T> Until<T>(Func<Task<T>> ask, Func<T, bool> isRight)
    {
        var waited = Stopwatch.StartNew();
        while (true)
        {
            var answer = await ask();
            if (isRight(answer)) return answer;
            if (waited.Elapsed > WaitLimit) Assert.Fail($"Not within {WaitLimit}; the last answer was {answer}");
            await Task.Delay(PollAfter);
        }
    }
}
