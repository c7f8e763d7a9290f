using System.Buffers;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Azure;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Pipeline.Images;

/// <summary>The NanoBanana API: one call for all images of a job.</summary>
/// <remarks>Its answers are documented at https://nanobananaapi.dev; what is not documented is read leniently.</remarks>
public sealed class ImageApi(
    HttpClient http, ImageRequestBody bodies, ImageApiOptions options, ImageApiTurns turns, TimeProvider time, Random random,
    ILogger<ImageApi> logger)
{
    /// <summary>About as long as an answer is.</summary>
    private const int AnswerBytes = 4 << 10;

    /// <summary>A key that is shorter is none that must be hidden, and part of many words.</summary>
    private const int KeyLengthMin = 8;

    /// <summary>More than this is no answer.</summary>
    private const int AnswerBytesMax = 1 << 20;

    private readonly ResiliencePipeline<ImageApiOutcome> pipeline = new ImageApiPipeline(options, turns, time, random, logger).Build();

    /// <summary>
    /// Asks for images, again if the API made nothing and that is quick, and says how it ended. Never throws for what the API does.
    /// </summary>
    /// <param name="request">What for.</param>
    /// <param name="cancel">Gives up; the API may make and charge the images all the same.</param>
    /// <exception cref="RequestFailedException">Storage did not give an image that goes along.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was cancelled.</exception>
    public async Task<ImageApiAnswer> Generate(ImageRequest request, CancellationToken cancel)
    {
        var attempt = new ImageApiAttempt(request, time.GetTimestamp());
        var context = ResilienceContextPool.Shared.Get(cancel);
        context.Properties.Set(ImageApiAttempt.Key, attempt);
        try
        {
            var outcome = await pipeline.ExecuteAsync(static (context, api) => api.AskOnce(context), context, this);
            return new ImageApiAnswer(outcome, attempt.Calls);
        }
        catch (TimeoutRejectedException e)
        {
            return new ImageApiAnswer(new ImageApiOutcome.Unknown($"No answer within {e.Timeout.TotalSeconds:0} s."), attempt.Calls);
        }
        catch (BrokenCircuitException e)
        {
            // Between two quick tries, or before the first: its turn came just before the circuit opened.
            var left = new ImageApiOutcome.LeftAlone("The image API fails too often and is left alone for now.", e.RetryAfter);
            return new ImageApiAnswer(attempt.Latest ?? left, attempt.Calls);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Completes if the API's address answers at all; costs nothing there.</summary>
    /// <exception cref="HttpRequestException">It cannot be reached.</exception>
    public async Task Reach(CancellationToken cancel)
    {
        using var message = new HttpRequestMessage(HttpMethod.Head, "");
        using var _ = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
    }

    private async ValueTask<ImageApiOutcome> AskOnce(ResilienceContext context)
    {
        var attempt = ImageApiAttempt.Of(context);
        var outcome = attempt.Latest = WithoutKey(await Ask(attempt, context.CancellationToken));
        // For all jobs: who asks to be left alone does not mean this one only.
        if (outcome is ImageApiOutcome.Throttled { RetryAfter: { } throttled }) turns.Pause(throttled);
        if (outcome is ImageApiOutcome.Unavailable { RetryAfter: { } unavailable }) turns.Pause(unavailable);
        return outcome;
    }

    /// <summary>An API that refuses a key may quote it, and callers see what is said of their jobs.</summary>
    private ImageApiOutcome WithoutKey(ImageApiOutcome outcome) => options.Key.Length < KeyLengthMin
        ? outcome
        : outcome with { Detail = outcome.Detail.Replace(options.Key, "(key)", StringComparison.Ordinal) };

    private async Task<ImageApiOutcome> Ask(ImageApiAttempt attempt, CancellationToken cancel)
    {
        var request = attempt.Request;
        Stream content;
        try
        {
            content = await bodies.Write(request, cancel);
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return new ImageApiOutcome.ReferenceUnreachable("An image that goes along is not in storage any more.", MayPass: false);
        }

        using var call = new ImageApiCall(http.BaseAddress!, request, time);
        try
        {
            using var message = new HttpRequestMessage(HttpMethod.Post, request.IsEdit ? "v1/images/edit" : "v1/images/generate");
            // Of known length, so that it is sent instead of chunks: some gateways refuse those.
            message.Content = new StreamContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            attempt.Calls++;
            using var answer = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel);
            call.Status = (int)answer.StatusCode;
            var body = await ReadBody(answer, cancel);
            call.Fault = answer.IsSuccessStatusCode ? null : $"{call.Status}";
            return ReadAnswer.From(answer.StatusCode, body, request.Num, RetryAfter(answer.Headers.RetryAfter), http.BaseAddress!);
        }
        catch (HttpRequestException e) when (WasNotSent(e))
        {
            call.Fault = "unreachable";
            return new ImageApiOutcome.Unavailable($"The image API could not be reached ({e.HttpRequestError}).", null);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            call.Fault = "broken";
            return new ImageApiOutcome.Unknown("The connection broke after the request was sent.");
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadBody(HttpResponseMessage answer, CancellationToken cancel)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        var body = new ArrayBufferWriter<byte>(AnswerBytes);
        while (body.WrittenCount < AnswerBytesMax && await stream.ReadAsync(body.GetMemory(AnswerBytes), cancel) is > 0 and var count)
            body.Advance(count);
        return body.WrittenMemory;
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
