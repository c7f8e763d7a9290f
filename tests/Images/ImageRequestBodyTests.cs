using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Tests.Images;

/// <summary>What is sent to the image API, byte by byte.</summary>
public sealed class ImageRequestBodyTests
{
    private static readonly Model Model = Catalogue.Load().Default;

    private BlobServiceClient blobs = null!;

    [OneTimeSetUp]
    public async Task NewContainer()
    {
        blobs = new BlobServiceClient(Tests.Storage.NewAccount());
        await blobs.CreateBlobContainerAsync("references");
    }

    [Test]
    public async Task A_plain_request_has_only_the_documented_fields() => Assert.That(
        (await Written(new ImageRequest("A cat", Model, 2, "16:9"))).ToString(),
        Is.EqualTo("""{"prompt":"A cat","model":"gemini-3.1-flash-image-preview","num":2,"image_size":"16:9"}"""));

    [Test]
    public async Task What_is_not_documented_is_sent_under_the_names_that_are_set()
    {
        var request = new ImageRequest("A cat", Model, 1, "1:1")
        {
            Thinking = Thinking.High,
            Search = [SearchKind.Web, SearchKind.Image],
            ServiceTier = ServiceTier.Priority,
        };

        var body = await Written(request, new ImageApiOptions { ThinkingField = "thinking_level", SearchField = "grounding" });

        Assert.That(body.GetProperty("thinking_level").GetString(), Is.EqualTo("high"));
        Assert.That(body.GetProperty("grounding").GetString(), Is.EqualTo("web,image"));
        Assert.That(body.GetProperty("service_tier").GetString(), Is.EqualTo("priority"));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(96 * 1024 - 1)]
    [TestCase(96 * 1024)]
    [TestCase(96 * 1024 + 1)]
    [TestCase(1_000_000)]
    public async Task An_inline_image_is_its_bytes_whatever_their_number(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var request = new ImageRequest("A cat", Model, 1, "1:1")
        {
            Images = [await Stored(bytes, "image/webp"), await Stored([1], "image/png")],
        };

        var images = (await Written(request)).GetProperty("ref_images");

        Assert.That(images[0].GetString(), Is.EqualTo("data:image/webp;base64," + Convert.ToBase64String(bytes)));
        Assert.That(images[1].GetString(), Is.EqualTo("data:image/png;base64,AQ=="));
    }

    [Test]
    public async Task An_edit_has_its_one_image_in_the_field_of_that_route()
    {
        var request = new ImageRequest("Night", Model, 1, "1:1") { Images = [await Stored([1], "image/png")], IsEdit = true };

        var body = await Written(request);

        Assert.That(body.GetProperty("image").GetString(), Is.EqualTo("data:image/png;base64,AQ=="));
        Assert.That(body.TryGetProperty("ref_images", out _), Is.False);
    }

    [Test]
    public async Task A_URL_reads_the_image_and_expires_soon()
    {
        var image = await Stored([1, 2, 3], "image/png");
        var request = new ImageRequest("A cat", Model, 1, "1:1") { Images = [image] };

        var url = new Uri((await Written(request, new ImageApiOptions { References = ReferenceTransport.Url }))
            .GetProperty("ref_images")[0].GetString()!);

        using var http = new HttpClient();
        Assert.That(await http.GetByteArrayAsync(url), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(new BlobUriBuilder(url).Sas.ExpiresOn, Is.LessThan(DateTimeOffset.UtcNow.AddMinutes(16)));
        Assert.That(new BlobUriBuilder(url).Sas.Permissions, Is.EqualTo("r"));
    }

    [Test]
    public void An_image_that_is_gone_is_a_404() => Assert.That(
        async () => await Written(
            new ImageRequest("A cat", Model, 1, "1:1") { Images = [new ImageInput("references", "acc/none", "image/png")] }),
        Throws.InstanceOf<Azure.RequestFailedException>().With.Property("Status").EqualTo(404));

    [TestCase(ReferenceTransport.Auto, "https://store.blob.core.windows.net/", true)]
    [TestCase(ReferenceTransport.Auto, "https://store.blob.core.usgovcloudapi.net/", true)]
    [TestCase(ReferenceTransport.Auto, "http://store.blob.core.windows.net/", false)]
    [TestCase(ReferenceTransport.Auto, "http://127.0.0.1:10000/devstoreaccount1", false)]
    [TestCase(ReferenceTransport.Auto, "https://127.0.0.1:10000/devstoreaccount1", false)]
    [TestCase(ReferenceTransport.Auto, "https://[::1]:10000/devstoreaccount1", false)]
    [TestCase(ReferenceTransport.Auto, "https://10.0.0.4:10000/devstoreaccount1", false)]
    [TestCase(ReferenceTransport.Auto, "https://localhost:10000/devstoreaccount1", false)]
    [TestCase(ReferenceTransport.Auto, "https://azurite:10000/devstoreaccount1", false)]
    [TestCase(ReferenceTransport.Url, "http://127.0.0.1:10000/devstoreaccount1", true)]
    [TestCase(ReferenceTransport.Inline, "https://store.blob.core.windows.net/", false)]
    public void URLs_are_sent_where_others_can_reach_them_unless_told_otherwise(ReferenceTransport transport, string storage, bool urls) =>
        Assert.That(ImageRequestBody.SendsUrls(transport, new Uri(storage)), Is.EqualTo(urls));

    private async Task<ImageInput> Stored(byte[] bytes, string type)
    {
        var image = new ImageInput("references", $"acc/{Base32.Random(10)}", type);
        await blobs.GetBlobContainerClient(image.Container).GetBlobClient(image.Blob).UploadAsync(
            BinaryData.FromBytes(bytes), new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = type } });
        return image;
    }

    private async Task<JsonElement> Written(ImageRequest request, ImageApiOptions? options = null)
    {
        var urls = new SignedUrls(blobs, new OutputOptions(), TimeProvider.System);
        var bodies = new ImageRequestBody(blobs, urls, options ?? new ImageApiOptions());
        await using var body = await bodies.Write(request, CancellationToken.None);
        Assert.That(body.Position, Is.Zero);
        using var document = await JsonDocument.ParseAsync(body);
        return document.RootElement.Clone();
    }
}
