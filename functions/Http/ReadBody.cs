using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>A request's body as JSON, or the problem with it.</summary>
public abstract record ReadBody
{
    /// <summary>
    /// Names, values and brackets: far more than any valid body has, and few enough that what JsonDocument notes of each is no burden.
    /// 100 MB of nothing but digits and commas would be 1.6 GiB of notes.
    /// </summary>
    public const int TokensMax = 10_000;

    private const int FirstBytes = 16 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private ReadBody()
    {
    }

    /// <summary>The body is JSON.</summary>
    /// <param name="Document">It lives, and a large body keeps its place, until this is disposed.</param>
    /// <param name="Sha256">Of the body's bytes as they came, in hex: the same body has the same.</param>
    /// <param name="Place">Of a large body.</param>
    public sealed record Read(JsonDocument Document, string Sha256, IDisposable? Place) : ReadBody, IDisposable
    {
        public void Dispose()
        {
            Document.Dispose();
            Place?.Dispose();
        }
    }

    public sealed record Refused(Problem Problem) : ReadBody;

    /// <summary>Reads the whole body if it is JSON of at most so many bytes, and never a large one.</summary>
    public static Task<ReadBody> Json(HttpRequest request, long bytesMax, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytesMax, LargeBodies.BytesMin);
        return Json(request, bytesMax, large: null, caller: "", orNothing: false, cancel);
    }

    /// <summary>As above; no body at all reads as an object without fields.</summary>
    public static Task<ReadBody> JsonOrNothing(HttpRequest request, long bytesMax, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytesMax, LargeBodies.BytesMin);
        return Json(request, bytesMax, large: null, caller: "", orNothing: true, cancel);
    }

    /// <summary>Reads the whole body if it is JSON of at most so many bytes.</summary>
    /// <param name="request">Whose body.</param>
    /// <param name="bytesMax">Above it, it is refused.</param>
    /// <param name="large">Where a body of more than <see cref="LargeBodies.BytesMin"/> waits for a place.</param>
    /// <param name="caller">Who waits there.</param>
    /// <param name="cancel">Gives up.</param>
    public static Task<ReadBody> Json(
        HttpRequest request, long bytesMax, LargeBodies large, string caller, CancellationToken cancel) =>
        Json(request, bytesMax, large, caller, orNothing: false, cancel);

    private static async Task<ReadBody> Json(
        HttpRequest request, long bytesMax, LargeBodies? large, string caller, bool orNothing, CancellationToken cancel)
    {
        if (request.ContentType is { Length: > 0 } type && !request.HasJsonContentType())
            return new Refused(Problems.UnsupportedMediaType(type));
        if (request.ContentLength > bytesMax) return new Refused(Problems.TooLarge(bytesMax));

        LargeBodies.Place? place = null;
        ReadBody? body = null;
        try
        {
            // Held once: grown to the announced length, which the server sees to, or doubled if none was announced.
            var bytes = new byte[Math.Min(request.ContentLength ?? FirstBytes, LargeBodies.BytesMin)];
            var length = 0;
            int count;
            while ((count = await request.Body.ReadAsync(bytes.AsMemory(length), place?.Limit ?? cancel)) > 0)
            {
                place?.Arrived(count);
                length += count;
                if (length > bytesMax) return new Refused(Problems.TooLarge(bytesMax));
                if (length == request.ContentLength) break;
                if (length < bytes.Length) continue;
                var size = request.ContentLength ?? Math.Min(2L * length, bytesMax + 1);
                if (size > LargeBodies.BytesMin + 1) place ??= await large!.Enter(caller, cancel);
                if (size > LargeBodies.BytesMin + 1 && place is null) return new Refused(Problems.TooManyLargeBodies(LargeBodies.WaitMax));
                Array.Resize(ref bytes, (int)size);
            }

            return body = Parse(bytes.AsMemory(0, length), orNothing, place);
        }
        catch (BadHttpRequestException)
        {
            return new Refused(Problems.InvalidJson("The body did not arrive whole: its length or its chunks are not as announced."));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new Refused(Problems.TooSlow());
        }
        finally
        {
            if (body is not Read) place?.Dispose();
        }
    }

    private static ReadBody Parse(ReadOnlyMemory<byte> bytes, bool orNothing, IDisposable? place)
    {
        var json = orNothing && bytes.Length == 0 ? "{}"u8.ToArray() : bytes[JsonText.MarkLength(bytes.Span)..];
        if (JsonText.FaultOf(json.Span, tokensMax: TokensMax) is { } fault) return new Refused(Problems.InvalidJson($"The body {fault}."));
        try
        {
            return new Read(JsonDocument.Parse(json, Strict), Convert.ToHexStringLower(SHA256.HashData(bytes.Span)), place);
        }
        catch (JsonException e) when (e.LineNumber is { } line)
        {
            return new Refused(Problems.InvalidJson(
                $"The body cannot be read as JSON at line {line + 1}, byte {e.BytePositionInLine + 1} of it: send one JSON object, "
                + "in UTF-8, with each name once."));
        }
        catch (JsonException)
        {
            // The parser tells where a body breaks off, but not which name it has twice.
            var name = JsonFields.Short(JsonText.NameThatIsThereTwice(json.Span) ?? "");
            return new Refused(Problems.InvalidJson($"The body has the field '{name}' twice: send each once."));
        }
    }
}
