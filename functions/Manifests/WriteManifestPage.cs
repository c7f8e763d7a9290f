using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Azure;
using Azure.Storage.Blobs.Models;
using Pipeline.Http;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Writes a manifest's contact sheet from its files of results, line by line.</summary>
/// <remarks>
/// The page finds its images beside itself, so it opens wherever the container was copied to. Opened by a signed URL, which lets nobody
/// read anything else, it takes a signature of its own for each image, good for <see cref="OutputOptions.UrlLifetime"/>.
/// </remarks>
public sealed class WriteManifestPage(ManifestBlobs blobs, SignedUrls urls, OutputOptions options, TimeProvider time)
{
    private const int FlushBytes = 64 * 1024;

    /// <summary>Of a prompt, and of why a job failed: enough to know it by. All of it is in the files of results.</summary>
    private const int TextLengthMax = 500;

    /// <summary>While the manifest runs, the page is at most so old when somebody asks for it.</summary>
    private static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(1);

    /// <summary>Safe within a script element: brackets, quotes, ampersands and line separators are escaped.</summary>
    private static readonly JsonWriterOptions InHtml = new()
    {
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.All),
        SkipValidation = true,
    };

    /// <summary>Writes it anew if it is missing or old.</summary>
    /// <returns>Whether there is a page: not before the manifest's jobs are accepted.</returns>
    public async Task<bool> Refresh(Manifest manifest, CancellationToken cancel)
    {
        if (manifest.HeldBy is null) return false;
        var isFresh = await WrittenAt(manifest, cancel) is { } writtenAt
            && IsFresh(writtenAt, manifest.FinishedAt, time.GetUtcNow(), options.UrlLifetime);
        if (!isFresh) await Run(manifest, cancel);
        return true;
    }

    /// <summary>Writes the page. It appears as a whole, over the one that was there.</summary>
    public async Task Run(Manifest manifest, CancellationToken cancel)
    {
        var sign = await urls.ToReadMany(StorageNames.OutputsContainer, cancel);
        await using var file = TemporaryFile.Create();
        await file.WriteAsync(PageTemplate.Start, cancel);
        await using (var json = new Utf8JsonWriter(file, InHtml))
        {
            json.WriteStartObject();
            await Write(manifest, sign, json, cancel);
            json.WriteEndObject();
        }

        await file.WriteAsync(PageTemplate.End, cancel);
        file.Position = 0;
        var html = new BlobHttpHeaders { ContentType = "text/html; charset=utf-8", CacheControl = "no-cache" };
        await blobs.StoreReport(ManifestBlobs.Page(manifest), file, html, cancel);
    }

    /// <summary>Whether a page that was written shows its manifest as it is, with signatures that last.</summary>
    /// <param name="writtenAt">When; blobs are dated to the second.</param>
    /// <param name="finishedAt">When the manifest was done; null while it runs.</param>
    /// <param name="now">When it is asked for.</param>
    /// <param name="urlLifetime">How long its signatures are good for.</param>
    public static bool IsFresh(DateTimeOffset writtenAt, DateTimeOffset? finishedAt, DateTimeOffset now, TimeSpan urlLifetime)
    {
        var age = now - writtenAt;
        return age < urlLifetime / 2 && (finishedAt is { } finished ? writtenAt >= finished.AddSeconds(-1) : age < AgeMax);
    }

    private async Task<DateTimeOffset?> WrittenAt(Manifest manifest, CancellationToken cancel)
    {
        try
        {
            return (await blobs.Output(ManifestBlobs.Page(manifest)).GetPropertiesAsync(cancellationToken: cancel)).Value.LastModified;
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
    }

    private async Task Write(Manifest manifest, Func<string, SignedUrl> sign, Utf8JsonWriter json, CancellationToken cancel)
    {
        var sample = sign(ManifestBlobs.Page(manifest));
        json.WriteString("id", manifest.Id.Value);
        json.WriteString("name", manifest.Name);
        json.WriteString("status", Json.Name(manifest.State));
        json.WriteString("created_at", manifest.CreatedAt);
        json.WriteString("written_at", time.GetUtcNow());
        json.WriteString("signed_until", sample.ExpiresAt);
        json.WriteString("query", Split(sample.Url).Query);
        json.WritePropertyName("counts");
        JsonSerializer.Serialize(json, ManifestCounts.Of(manifest), Json.Options);
        json.WritePropertyName("credits");
        JsonSerializer.Serialize(json, ManifestCredits.Of(manifest), Json.Options);
        json.WriteStartArray("images");
        await foreach (var line in All<ResultLine>(ManifestBlobs.Results(manifest), cancel))
        {
            foreach (var image in line.Images) WriteImage(json, line, image, Split(sign(image.Blob).Url).Signature);
            if (json.BytesPending > FlushBytes) await json.FlushAsync(cancel);
        }

        json.WriteEndArray();
        json.WriteStartArray("errors");
        await foreach (var line in All<ErrorLine>(ManifestBlobs.Errors(manifest), cancel))
        {
            WriteError(json, line);
            if (json.BytesPending > FlushBytes) await json.FlushAsync(cancel);
        }

        json.WriteEndArray();
    }

    private static void WriteImage(Utf8JsonWriter json, ResultLine line, ResultImage image, string signature)
    {
        json.WriteStartObject();
        WriteJob(json, line.Index, line.CustomId, line.Id, line.Status, line.Prompt);
        json.WriteString("path", image.Path);
        json.WriteString("sig", signature);
        json.WriteNumber("width", image.Width);
        json.WriteNumber("height", image.Height);
        json.WriteEndObject();
    }

    private static void WriteError(Utf8JsonWriter json, ErrorLine line)
    {
        json.WriteStartObject();
        WriteJob(json, line.Index, line.CustomId, line.Id, line.Status, line.Prompt);
        json.WriteString("code", line.Error.Code);
        json.WriteString("detail", Short(line.Error.Detail));
        json.WriteEndObject();
    }

    private static void WriteJob(Utf8JsonWriter json, int index, string? customId, string id, JobStatus status, string prompt)
    {
        json.WriteNumber("index", index);
        if (customId is not null) json.WriteString("custom_id", customId);
        json.WriteString("id", id);
        json.WriteString("status", Json.Name(status));
        json.WriteString("prompt", Short(prompt));
    }

    /// <summary>Half a surrogate pair at the cut is written as a replacement character.</summary>
    private static string Short(string text) => text.Length <= TextLengthMax ? text : text[..TextLengthMax] + "…";

    private async IAsyncEnumerable<T> All<T>(string blob, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await using var file = await blobs.Read(blob, 0, cancel);
        if (file is null) yield break;
        await foreach (var line in Lines.Of(file, leaveOpen: true, cancel))
            yield return JsonSerializer.Deserialize<T>(line.Span, Json.Options)!;
    }

    /// <summary>A signed URL's query without its signature, and that.</summary>
    private static (string Query, string Signature) Split(Uri signed)
    {
        const string Name = "sig=";
        var fields = signed.Query[1..].Split('&');
        return (
            string.Join('&', fields.Where(field => !field.StartsWith(Name, StringComparison.Ordinal))),
            fields.Single(field => field.StartsWith(Name, StringComparison.Ordinal))[Name.Length..]);
    }
}
