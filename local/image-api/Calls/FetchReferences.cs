using System.Security.Cryptography;

namespace Local.ImageApi.Calls;

/// <summary>Gets the images that come with a call, as the provider does: from a URL, or out of a data URI.</summary>
internal sealed class FetchReferences : IDisposable
{
    /// <summary>More than any picture the API itself makes.</summary>
    private const int BytesMax = 64 * 1024 * 1024;

    private const int ExcerptMax = 100;

    /// <summary>A provider does not wait for long either.</summary>
    private static readonly TimeSpan FetchTimeout = TimeSpan.FromSeconds(20);

    /// <summary>References lie on this machine: no proxy.</summary>
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false })
    {
        Timeout = FetchTimeout,
        MaxResponseContentBufferSize = BytesMax,
    };

    /// <summary>All of them, or a message that names the first that cannot be used.</summary>
    public async Task<(IReadOnlyList<SeenReference> References, string? Problem)> Fetch(CallRequest request, CancellationToken left)
    {
        var references = new List<SeenReference>();
        foreach (var (field, value) in request.References)
        {
            var (bytes, source, problem) = await Get(value, left);
            var name = $"{field} ({source})";
            if (problem is not null) return ([], $"{name} {problem}");
            if (ImageHead.Read(bytes) is not { } head) return ([], $"{name} is not a PNG, JPEG or WebP image");
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
            var (width, height) = head.Size;
            references.Add(new SeenReference(
                field, source, sha256, bytes.Length, head.Format, width, height, Excerpt(request.Script.Prompt)));
        }

        return (references, null);
    }

    public void Dispose() => http.Dispose();

    private async Task<(byte[] Bytes, string Source, string? Problem)> Get(string value, CancellationToken left)
    {
        if (value.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            var bytes = DataUri(value);
            return (bytes ?? [], "data:", bytes is null ? "is not a base64 data URI" : null);
        }

        if (!Uri.TryCreate(value, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            return ([], Excerpt(value), "is neither an http(s) URL nor a data URI");
        }

        var source = url.GetLeftPart(UriPartial.Path);
        try
        {
            using var response = await http.GetAsync(url, left);
            return response.IsSuccessStatusCode
                ? (await response.Content.ReadAsByteArrayAsync(left), source, null)
                : ([], source, $"cannot be fetched: it answers {(int)response.StatusCode}");
        }
        catch (HttpRequestException e)
        {
            return ([], source, $"cannot be fetched: {e.Message}");
        }
        catch (OperationCanceledException) when (!left.IsCancellationRequested)
        {
            return ([], source, $"cannot be fetched within {FetchTimeout.TotalSeconds} seconds");
        }
    }

    private static string Excerpt(string text) => text[..Math.Min(text.Length, ExcerptMax)];

    private static byte[]? DataUri(string value)
    {
        var comma = value.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0 || !value[..comma].EndsWith(";base64", StringComparison.OrdinalIgnoreCase)) return null;
        var bytes = new byte[(value.Length - comma) / 4 * 3];
        return Convert.TryFromBase64Chars(value.AsSpan(comma + 1), bytes, out var length) ? bytes[..length] : null;
    }
}
