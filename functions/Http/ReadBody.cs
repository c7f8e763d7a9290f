using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>A request's body as JSON, or the problem with it.</summary>
public abstract record ReadBody
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private ReadBody()
    {
    }

    /// <summary>The body is JSON.</summary>
    /// <param name="Document">It lives until it is disposed.</param>
    /// <param name="Sha256">Of the body's bytes as they came, in hex: the same body has the same.</param>
    public sealed record Read(JsonDocument Document, string Sha256) : ReadBody;

    public sealed record Refused(Problem Problem) : ReadBody;

    /// <summary>Reads the whole body if it is JSON of at most so many bytes.</summary>
    public static Task<ReadBody> Json(HttpRequest request, long bytesMax, CancellationToken cancel) =>
        Json(request, bytesMax, orNothing: false, cancel);

    /// <summary>As above; no body at all reads as an object without fields.</summary>
    public static Task<ReadBody> JsonOrNothing(HttpRequest request, long bytesMax, CancellationToken cancel) =>
        Json(request, bytesMax, orNothing: true, cancel);

    private static async Task<ReadBody> Json(HttpRequest request, long bytesMax, bool orNothing, CancellationToken cancel)
    {
        if (request.ContentType is { Length: > 0 } type && !request.HasJsonContentType())
            return new Refused(Problems.UnsupportedMediaType(type));
        if (request.ContentLength > bytesMax) return new Refused(Problems.TooLarge(bytesMax));

        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        int count;
        try
        {
            while ((count = await request.Body.ReadAsync(chunk, cancel)) > 0)
            {
                if (body.Length + count > bytesMax) return new Refused(Problems.TooLarge(bytesMax));
                body.Write(chunk, 0, count);
            }
        }
        catch (BadHttpRequestException)
        {
            return new Refused(Problems.InvalidJson("The body did not arrive whole: its length or its chunks are not as announced."));
        }

        var bytes = body.ToArray();
        var json = orNothing && bytes.Length == 0 ? "{}"u8.ToArray() : bytes;
        if (JsonText.FaultOf(json) is { } fault) return new Refused(Problems.InvalidJson($"The body {fault}."));
        try
        {
            return new Read(JsonDocument.Parse(json, Strict), Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        catch (JsonException e)
        {
            return new Refused(Problems.InvalidJson(
                $"The body cannot be read as JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1} of it: send one JSON object, "
                + "in UTF-8, with each name once."));
        }
    }
}
