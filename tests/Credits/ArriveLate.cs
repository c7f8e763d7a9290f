using Azure.Core;
using Azure.Core.Pipeline;

namespace Pipeline.Tests.Credits;

/// <summary>The sender gives up on a transaction that is still on its way.</summary>
internal sealed class ArriveLate(TimeSpan delay) : HttpPipelinePolicy
{
    private readonly TaskCompletionSource arrived = new();

    public bool DelayNext { get; set; }

    public Task Arrived => arrived.Task;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (!DelayNext || message.Request.Method != RequestMethod.Post)
        {
            await ProcessNextAsync(message, pipeline);
            return;
        }

        DelayNext = false;
        var copy = Copy(message);
        _ = Task.Run(async () =>
        {
            await Task.Delay(delay);
            using var sent = new HttpClient();
            await sent.SendAsync(copy);
            arrived.SetResult();
        });
        throw new IOException("Given up.");
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();

    // After the policies that sign, so that it is accepted as it stands.
    private static HttpRequestMessage Copy(HttpMessage message)
    {
        using var body = new MemoryStream();
        message.Request.Content!.WriteTo(body, default);
        var copy = new HttpRequestMessage(HttpMethod.Post, message.Request.Uri.ToUri());
        copy.Content = new ByteArrayContent(body.ToArray());
        foreach (var header in message.Request.Headers)
        {
            if (!copy.Headers.TryAddWithoutValidation(header.Name, header.Value))
                copy.Content.Headers.TryAddWithoutValidation(header.Name, header.Value);
        }

        return copy;
    }
}
