using System.Net.Http.Headers;
using System.Net.Sockets;
using Azure;

namespace Pipeline.Images;

/// <summary>The NanoBanana API: one call for all images of a job.</summary>
/// <remarks>Its answers are documented at https://nanobananaapi.dev; what is not documented is read leniently.</remarks>
public sealed class ImageApi(HttpClient http, ImageRequestBody bodies, TimeProvider time)
{
    /// <summary>An answer is a few kB; more than this is not one.</summary>
    private const int AnswerBytesMax = 1 << 20;

    /// <summary>Asks once, and says how it ended. Never throws for what the API does.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was cancelled.</exception>
    public async Task<ImageApiOutcome> Generate(ImageRequest request, CancellationToken cancel)
    {
        Stream content;
        try
        {
            content = await bodies.Write(request, cancel);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return new ImageApiOutcome.ReferenceUnreachable("An image that goes along is not in storage any more.", MayPass: false);
        }

        using var timeout = new CancellationTokenSource(request.Model.Timeout, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, request.IsEdit ? "v1/images/edit" : "v1/images/generate");
            // Of known length, so that it is sent instead of chunks: some gateways refuse those.
            message.Content = new StreamContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
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
