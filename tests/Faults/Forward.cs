using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Pipeline.Tests.Faults;

/// <summary>Sends a request on as it came, byte for byte in target, headers and body, so that signatures over it stay good.</summary>
internal sealed class Forward(Uri target) : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>16 kB/s: a short answer takes a quarter of a second, an image of a test a second.</summary>
    private const int DropBytes = 1024;

    private static readonly TimeSpan DropPause = TimeSpan.FromMilliseconds(62);

    /// <summary>They belong to one connection, not to what is said on it.</summary>
    private static readonly string[] OfTheConnection = ["Connection", "Keep-Alive", "Transfer-Encoding"];

    private readonly HttpMessageInvoker http = new(new SocketsHttpHandler
    {
        ActivityHeadersPropagator = null,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        UseCookies = false,
        UseProxy = false,
    });

    /// <summary>The server's answer, when its headers are here.</summary>
    public async Task<HttpResponseMessage> Ask(HttpContext context)
    {
        var request = context.Request;
        var rawTarget = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        // As it was sent: an escape that is written in another way is another signature.
        var asItIs = new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true };
        using var message = new HttpRequestMessage(
            new HttpMethod(request.Method), new Uri(target.GetLeftPart(UriPartial.Authority) + rawTarget, asItIs));
        if (request.ContentLength is not null || request.Headers.TransferEncoding.Count > 0)
            message.Content = new StreamContent(request.Body, BufferBytes);
        foreach (var (name, values) in request.Headers)
        {
            if (OfTheConnection.Contains(name, StringComparer.OrdinalIgnoreCase)) continue;
            if (!message.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                message.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }

        return await http.SendAsync(message, context.RequestAborted);
    }

    /// <summary>Gives the answer to the client while it comes.</summary>
    public static async Task Answer(HttpContext context, HttpResponseMessage answer, bool slowly)
    {
        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = answer.ReasonPhrase;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (!OfTheConnection.Contains(name, StringComparer.OrdinalIgnoreCase)) response.Headers.Append(name, values.ToArray());
        }

        await using var body = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[slowly ? DropBytes : BufferBytes];
        int count;
        while ((count = await body.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            if (slowly) await Task.Delay(DropPause, context.RequestAborted);
            await response.Body.WriteAsync(buffer.AsMemory(0, count), context.RequestAborted);
        }
    }

    public void Dispose() => http.Dispose();
}
