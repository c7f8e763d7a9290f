using Azure.Storage.Blobs;
using Local.FunctionsWorker;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.FunctionsWorker;

/// <summary>A storage account with a container <c>manifests</c>, and apps whose function runs for its blobs.</summary>
internal sealed class BlobApp
{
    public static readonly HostTimes Times = new() { BlobPolling = TimeSpan.FromMilliseconds(100) };

    private readonly Seen<string> seen = new();

    private BlobApp(string account)
    {
        Account = account;
        Manifests = new BlobContainerClient(account, "manifests");
    }

    public string Account { get; }

    public BlobContainerClient Manifests { get; }

    /// <summary>What the function does once it has reported the blob.</summary>
    public Func<Task> Work { get; set; } = () => Task.CompletedTask;

    public int Runs => seen.Count;

    public static async Task<BlobApp> Create()
    {
        var app = new BlobApp(Storage.NewAccount());
        await app.Manifests.CreateAsync();
        return app;
    }

    public Task<LocalApp> Start(Func<HostSetup, HostSetup>? setup = null, string hostJson = """{ "version": "2.0" }""") => LocalApp.Start(
        [typeof(Ingest)],
        builder => builder.Services.AddSingleton(this),
        plain => setup?.Invoke(plain with { Times = Times }) ?? plain with { Times = Times },
        hostJson,
        settings: ("AzureWebJobsStorage", Account));

    public async Task Write(string name, string content) =>
        await Manifests.GetBlobClient(name).UploadAsync(BinaryData.FromString(content), overwrite: true);

    /// <summary>The next run: account, name and content.</summary>
    public Task<string> Next() => seen.Next();

    /// <summary>The names of the next runs.</summary>
    public async Task<List<string>> NextNames(int count)
    {
        var names = new List<string>();
        while (names.Count < count) names.Add((await Next()).Split('|')[1]);
        return names;
    }

    internal sealed class Ingest(BlobApp app)
    {
        [Function("Ingest")]
        public async Task Run(
            [BlobTrigger("manifests/{account}/{name}", Source = BlobTriggerSource.EventGrid)] BlobClient blob, string account, string name,
            CancellationToken cancel)
        {
            var content = await blob.DownloadContentAsync(cancel);
            app.seen.Add($"{account}|{name}|{content.Value.Content}");
            await app.Work();
        }
    }
}
