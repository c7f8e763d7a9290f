using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using Pipeline.Http;

namespace Pipeline.Images;

/// <summary>What to ask the image API for.</summary>
/// <param name="Prompt">The caller's words.</param>
/// <param name="Model">The tier.</param>
/// <param name="Num">How many images, 1 to 9.</param>
/// <param name="ImageSize">The aspect ratio.</param>
public sealed record ImageRequest(string Prompt, Model Model, int Num, string ImageSize);

/// <summary>The NanoBanana API: one call for all images of a job.</summary>
/// <remarks>Its answers are documented at https://nanobananaapi.dev; what is not documented is read leniently.</remarks>
public sealed class ImageApi(HttpClient http, TimeProvider time)
{
    /// <summary>An answer is a few kB; more than this is not one.</summary>
    private const int AnswerBytesMax = 1 << 20;

    /// <summary>Asks once, and says how it ended. Never throws for what the API does.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was cancelled.</exception>
    public async Task<ImageApiOutcome> Generate(ImageRequest request, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var timer = time.CreateTimer(_ => limit.Cancel(), null, request.Model.Timeout, Timeout.InfiniteTimeSpan);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, "v1/images/generate");
            message.Content = JsonContent.Create(
                new { request.Prompt, Model = request.Model.Id, request.Num, request.ImageSize }, options: Json.Options);
            // The length is sent, not chunks: some gateways refuse those.
            await message.Content.LoadIntoBufferAsync(limit.Token);
            using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var body = await ReadBody(answer, limit.Token);
            return ReadAnswer.From(answer.StatusCode, body, RetryAfter(answer.Headers.RetryAfter), http.BaseAddress!);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new ImageApiOutcome.Unknown($"No answer within {request.Model.Timeout.TotalSeconds:0} s.");
        }
        catch (HttpRequestException e) when (WasNotSent(e))
        {
            return new ImageApiOutcome.Unavailable($"The image API could not be reached ({e.HttpRequestError}).", null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new ImageApiOutcome.Unknown("The connection broke after the request was sent.");
        }
    }

    /// <summary>Completes if the API's address answers at all; costs nothing there.</summary>
    /// <exception cref="HttpRequestException">It cannot be reached.</exception>
    public async Task Reach(CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(HttpMethod.Head, "");
        using var _ = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBody(HttpResponseMessage answer, CancellationToken cancel)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        var body = new byte[AnswerBytesMax];
        var length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, cancel);
        return body.AsMemory(0, length);
    }

    private static bool WasNotSent(HttpRequestException e) =>
        e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError
        || e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused };

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) => header switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is var wait && wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };
}
