using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pipeline.Http;

namespace Pipeline.Images;

/// <summary>Understands an answer of the image API: its status, its <c>code</c>, and the several places where URLs may stand.</summary>
public static partial class ReadAnswer
{
    /// <summary>What is kept of the API's own words, for the job's error.</summary>
    private const int DetailLengthMax = 300;

    /// <summary>Finish reasons of the model and words of the API's own messages that mean: not this picture.</summary>
    private static readonly string[] ContentWords =
        [
            "safety", "prohibited_content", "prohibited content", "blocklist", "recitation", "content policy", "content_policy",
            "sensitive", "moderation",
        ];

    private static readonly string[] KeyWords =
        ["api key", "api_key", "apikey", "unauthorized", "invalid token", "insufficient", "balance", "quota exceeded"];

    /// <param name="status">The HTTP status.</param>
    /// <param name="body">The body, or its beginning.</param>
    /// <param name="asked">How many images were asked for.</param>
    /// <param name="retryAfter">What <c>Retry-After</c> asked for.</param>
    /// <param name="baseUrl">What relative image URLs are relative to.</param>
    public static ImageApiOutcome From(HttpStatusCode status, ReadOnlyMemory<byte> body, int asked, TimeSpan? retryAfter, Uri baseUrl)
    {
        using var document = JsonText.FaultOf(body.Span, values: true) is null ? Parse(body) : null;
        var root = document?.RootElement;
        var message = MessageOf(root) ?? $"The image API answered {(int)status} without a message.";

        if ((int)status is >= 200 and <= 299)
        {
            if (root is not { ValueKind: JsonValueKind.Object or JsonValueKind.Array } json)
            {
                // It began to say what it made.
                if (body.Span.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[', ..])
                    return new ImageApiOutcome.Unknown($"The image API answered {(int)status} with JSON that is broken or too long.");
                return new ImageApiOutcome.Unavailable($"The image API answered {(int)status}, but not with JSON.", retryAfter);
            }

            var code = CodeOf(json);
            return code == 0 ? Images(json, message, asked, baseUrl) : Failed(code, message, retryAfter);
        }

        return Failed((int)status, message, retryAfter);
    }

    private static ImageApiOutcome Images(JsonElement json, string message, int asked, Uri baseUrl)
    {
        var urls = new List<Uri>();
        CollectUrls(json, baseUrl, urls);
        // One picture may be named in several places; it is one all the same.
        IReadOnlyList<Uri> images = [.. urls.Distinct().Take(asked)];
        if (images.Count > 0)
        {
            ImageApiOutcome.Made made = images.Count == asked
                ? new ImageApiOutcome.Delivered(images)
                : new ImageApiOutcome.DeliveredInPart(images, $"{images.Count} of {asked} images came.");
            return made with { Answer = RedactAnswer.From(json) };
        }

        return Says(message, ContentWords)
            ? new ImageApiOutcome.ContentRejected(message)
            : new ImageApiOutcome.NoImage("The image API reported success without an image.");
    }

    /// <summary>The API's own codes are not documented: HTTP's meaning where it is one, else its words decide, else it may pass.</summary>
    private static ImageApiOutcome Failed(long code, string message, TimeSpan? retryAfter) => code switch
    {
        429 => new ImageApiOutcome.Throttled($"{code}: {message}", retryAfter),
        408 or 425 or (>= 500 and <= 599) => new ImageApiOutcome.Unavailable($"{code}: {message}", retryAfter),
        _ when Says(message, ContentWords) => new ImageApiOutcome.ContentRejected(message),
        401 or 402 or 403 => new ImageApiOutcome.KeyRefused($"The image API refused our key ({code}): {message}"),
        >= 300 and <= 499 => new ImageApiOutcome.RequestRejected($"{code}: {message}"),
        _ when Says(message, KeyWords) => new ImageApiOutcome.KeyRefused($"The image API refused our key ({code}): {message}"),
        _ => new ImageApiOutcome.Unavailable($"code {code}: {message}", retryAfter),
    };

    private static bool Says(string message, string[] words) =>
        words.Any(word => message.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static JsonDocument? Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static long CodeOf(JsonElement json) => json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("code", out var code)
        ? 0
        : code.ValueKind switch
        {
            JsonValueKind.Number when code.TryGetInt64(out var number) => number is 200 ? 0 : number,
            JsonValueKind.String when long.TryParse(code.GetString(), out var number) => number is 200 ? 0 : number,
            JsonValueKind.Null => 0,
            _ => -1,
        };

    private static string? MessageOf(JsonElement? json)
    {
        if (json is not { ValueKind: JsonValueKind.Object } answer) return null;
        foreach (var name in new[] { "message", "msg", "error", "detail" })
        {
            if (!answer.TryGetProperty(name, out var value)) continue;
            if (value.ValueKind == JsonValueKind.Object) return MessageOf(value);
            if (value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text) return Clean(text);
        }

        return null;
    }

    /// <summary>Finds URLs in <c>data.url</c> (one or many), <c>data[]</c>, <c>data.images[].url</c>, <c>images[].url</c>.</summary>
    private static void CollectUrls(JsonElement json, Uri baseUrl, List<Uri> urls)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String when AsUrl(json.GetString()!, baseUrl) is { } url:
                urls.Add(url);
                break;
            case JsonValueKind.Array:
                foreach (var element in json.EnumerateArray()) CollectUrls(element, baseUrl, urls);
                break;
            case JsonValueKind.Object:
                foreach (var name in new[] { "data", "images", "url" })
                {
                    if (json.TryGetProperty(name, out var value)) CollectUrls(value, baseUrl, urls);
                }

                break;
        }
    }

    // A path is taken as one of the API's own; any other text (a file's name, a note) is no URL.
    private static Uri? AsUrl(string text, Uri baseUrl)
    {
        var found = text.StartsWith('/') ? Uri.TryCreate(baseUrl, text, out var url) : Uri.TryCreate(text, UriKind.Absolute, out url);
        return found && url!.Scheme is "https" or "http" ? url : null;
    }

    /// <summary>
    /// The API's words go into job errors and logs: one line, of bounded length, and without the signature of a URL that it repeats.
    /// </summary>
    private static string Clean(string text)
    {
        text = UrlQuery().Replace(text[..Math.Min(text.Length, 10 * DetailLengthMax)], "$1?…");
        var line = new StringBuilder(Math.Min(text.Length, DetailLengthMax));
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, DetailLengthMax))) line.Append(char.IsControl(c) ? ' ' : c);
        return line.ToString();
    }

    [GeneratedRegex(@"(https?://[^\s?""']*)\?[^\s""']*", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UrlQuery();
}
