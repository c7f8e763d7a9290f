using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.Images;
using Pipeline.Storage;
using Pipeline.Tests.Http;

namespace Pipeline.Tests.Images;

/// <summary>An image store on a storage account of its own, and what it is given.</summary>
internal sealed class TestStore : IDisposable
{
    private static int folders;

    private readonly string storage = Tests.Storage.NewAccount();
    private readonly HttpClient http = HttpClients.ForImages();

    public BlobContainerClient Outputs => new(storage, StorageNames.OutputsContainer);

    public static async Task<TestStore> Open()
    {
        var store = new TestStore();
        await store.Outputs.CreateAsync();
        return store;
    }

    public ImageStore With(
        ImageApiOptions? options = null, OutputOptions? outputs = null, TimeProvider? time = null, BlobClientOptions? blobs = null) => new(
        http, new BlobServiceClient(storage, blobs), Catalogue.Load(), options ?? new ImageApiOptions(), outputs ?? new OutputOptions(),
        time ?? TimeProvider.System);

    /// <summary>A folder that nobody else has.</summary>
    public static ImageFolder Folder(string tier = "1K", string ratio = "1:1", int attempt = 1)
    {
        var model = Catalogue.Load().Models.Single(model => model.Tier == tier);
        var request = new AskedFor("A cat on a mat", model.Id, ratio, null, [], ServiceTier.Default, [], null);
        return new ImageFolder($"studio/job_{Interlocked.Increment(ref folders)}/", "job_1", attempt, model, request);
    }

    /// <summary>Stores what a server answers that says just this and closes the connection.</summary>
    public async Task<StoreOutcome> Store(
        string head, byte[] body, ImageFolder folder, string answer = "", ImageApiOptions? options = null, OutputOptions? outputs = null)
    {
        await using var server = new Listener(Saying(head, body));
        using var store = With(options, outputs);
        return await store.Store(new Uri(server.Url), 0, folder, answer, CancellationToken.None);
    }

    public Task<StoreOutcome> Store(byte[] picture, ImageFolder folder, string answer = "") =>
        Store("HTTP/1.0 200 OK\r\n\r\n", picture, folder, answer);

    public static Func<Stream, Task> Saying(string head, byte[] body) =>
        async stream => await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body]);

    public async Task<List<string>> Names(ImageFolder folder)
    {
        var names = new List<string>();
        await foreach (var blob in Outputs.GetBlobsAsync(new GetBlobsOptions { Prefix = folder.Name }))
            names.Add(blob.Name[folder.Name.Length..]);
        return names;
    }

    public async Task<byte[]> Content(ImageFolder folder, string name) =>
        (await Outputs.GetBlobClient(folder.Name + name).DownloadContentAsync()).Value.Content.ToArray();

    public async Task<JsonElement> Provenance(ImageFolder folder) =>
        JsonSerializer.Deserialize<JsonElement>(await Content(folder, "0.json"));

    public void Dispose() => http.Dispose();
}
