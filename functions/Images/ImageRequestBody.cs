using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azure.Storage.Blobs;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Images;

/// <summary>Writes requests as the image API reads them: images go along as URLs, or inside where storage is not public.</summary>
public sealed class ImageRequestBody(BlobServiceClient blobs, SignedUrls urls, ImageApiOptions options)
{
    /// <summary>Whole groups of 3 bytes, which become 4 characters each: no padding before the end.</summary>
    private const int PieceBytes = 96 * 1024;

    /// <summary>Three times the longest timeout: the API fetches at once, and a URL that leaks is soon worthless.</summary>
    private static readonly TimeSpan UrlLifetime = TimeSpan.FromMinutes(15);

    // Base64's plus and slash stay one character each.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly bool sendsUrls = SendsUrls(options.References, blobs.Uri);

    /// <summary>Whether images go along as URLs: by default if others can reach storage, which only a public https name allows.</summary>
    public static bool SendsUrls(ReferenceTransport transport, Uri storage) => transport switch
    {
        ReferenceTransport.Url => true,
        ReferenceTransport.Inline => false,
        _ => storage.Scheme == Uri.UriSchemeHttps && storage.HostNameType == UriHostNameType.Dns && storage.Host.Contains('.'),
    };

    /// <summary>The whole body: in memory, or in a temporary file if there are images in it, so that memory stays flat.</summary>
    /// <exception cref="Azure.RequestFailedException">An image could not be read; 404 if it is gone.</exception>
    public async Task<Stream> Write(ImageRequest request, CancellationToken cancel)
    {
        Stream body = sendsUrls || request.Images.Count == 0 ? new MemoryStream() : TemporaryFile.Create();
        var whole = false;
        try
        {
            await using (var json = new Utf8JsonWriter(body, Writing)) await Write(json, request, cancel);
            body.Position = 0;
            whole = true;
            return body;
        }
        finally
        {
            if (!whole) await body.DisposeAsync();
        }
    }

    private async Task Write(Utf8JsonWriter json, ImageRequest request, CancellationToken cancel)
    {
        json.WriteStartObject();
        json.WriteString("prompt", request.Prompt);
        json.WriteString("model", request.Model.Id);
        json.WriteNumber("num", request.Num);
        json.WriteString("image_size", request.ImageSize);
        if (request.Thinking is { } thinking) json.WriteString(options.ThinkingField, Json.Name(thinking));
        if (request.Search.Count > 0) json.WriteString(options.SearchField, string.Join(',', request.Search.Select(Json.Name)));
        if (request.ServiceTier != ServiceTier.Default) json.WriteString("service_tier", Json.Name(request.ServiceTier));
        if (request.IsEdit)
        {
            json.WritePropertyName("image");
            await Write(json, request.Images.Single(), cancel);
        }
        else if (request.Images.Count > 0)
        {
            json.WriteStartArray("ref_images");
            foreach (var image in request.Images) await Write(json, image, cancel);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private async Task Write(Utf8JsonWriter json, ImageInput image, CancellationToken cancel)
    {
        if (sendsUrls) json.WriteStringValue((await urls.ToRead(image.Container, image.Blob, UrlLifetime, cancel)).Url.AbsoluteUri);
        else await WriteInline(json, image, cancel);
    }

    private async Task WriteInline(Utf8JsonWriter json, ImageInput image, CancellationToken cancel)
    {
        var blob = blobs.GetBlobContainerClient(image.Container).GetBlobClient(image.Blob);
        using var download = (await blob.DownloadStreamingAsync(cancellationToken: cancel)).Value;
        var piece = new byte[PieceBytes];
        var characters = new byte[Base64.GetMaxEncodedToUtf8Length(PieceBytes)];
        json.WriteStringValueSegment(Encoding.UTF8.GetBytes($"data:{image.ContentType};base64,"), isFinalSegment: false);
        int count;
        do
        {
            count = await download.Content.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancel);
            Base64.EncodeToUtf8(piece.AsSpan(0, count), characters, out _, out var length);
            json.WriteStringValueSegment(characters.AsSpan(0, length), isFinalSegment: count < piece.Length);
            await json.FlushAsync(cancel);
        }
        while (count == piece.Length);
    }
}
